BEGIN TRANSACTION;
CREATE TABLE addressee (
	id INTEGER NOT NULL,
	letter_id INTEGER NOT NULL,
	position INTEGER NOT NULL,
	name TEXT NOT NULL,
	office JSON NOT NULL,
	salutation JSON NOT NULL,
	address JSON NOT NULL,
	email TEXT NOT NULL,
	copy BOOLEAN NOT NULL,
	CONSTRAINT pk_addressee PRIMARY KEY (id),
	CONSTRAINT fk_addressee_letter_id FOREIGN KEY(letter_id) REFERENCES letter (id),
	CONSTRAINT uq_addressee_letter_id_position UNIQUE (letter_id, position)
);
INSERT INTO "addressee" VALUES(1,1,1,'Professor Ada Example','{"": "Special Rapporteur on rivers"}','{"": "Dear Professor Example,"}','["Geneva"]','rapporteur@rivers.example',0);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE answer (
	id INTEGER NOT NULL,
	partner_id INTEGER NOT NULL,
	letter_id INTEGER NOT NULL,
	choice VARCHAR(10) NOT NULL,
	visibility VARCHAR(10),
	representative BLOB NOT NULL,
	role BLOB NOT NULL,
	reason BLOB NOT NULL,
	language VARCHAR(8) NOT NULL,
	channel VARCHAR(10) NOT NULL,
	note BLOB NOT NULL,
	at DATETIME NOT NULL,
	superseded_at DATETIME, passage BLOB,
	CONSTRAINT pk_answer PRIMARY KEY (id),
	CONSTRAINT fk_answer_partner_id FOREIGN KEY(partner_id) REFERENCES partner (id),
	CONSTRAINT fk_answer_letter_id FOREIGN KEY(letter_id) REFERENCES letter (id),
	CONSTRAINT ck_answer_choice CHECK (choice IN ('sign', 'decline', 'withdraw', 'change')),
	CONSTRAINT ck_answer_visibility CHECK ((choice = 'sign') = (visibility IS NOT NULL)),
	CONSTRAINT ck_answer_visibility_known CHECK (visibility IN ('public', 'addressee', 'counted'))
);
INSERT INTO "answer" VALUES(1,1,1,'sign','public',X'01BCE7D31587B1920C2E5798752B1B0A7DC8CAFD99830D84A83A2D86B31AA3BF',X'019EC7630AABE5DDE4B9CAA33C0EEADA146DE49D0DE300FF5A2B6B9819F90DCB6FFF',X'017B6BA1A904275DF4DED8170E39413E93257BD1555593FD88D3678089','en','by hand',X'012C00CB1AC3B56B022CACC91B49A597244697A2D6A1D6D374F21D8C81E5EFC2C5BCC0275DBCEC','2026-11-28 20:17:19.350000',NULL,X'01D73C08C467BA376231D994D428004DF501FCDAA6E8708AF8F24AFC10');
CREATE TABLE campaign (
	id INTEGER NOT NULL,
	slug VARCHAR(100) NOT NULL,
	definition JSON NOT NULL,
	deadline_at DATETIME NOT NULL,
	deadline_set_at DATETIME NOT NULL,
	launched_at DATETIME NOT NULL,
	held_at DATETIME,
	closed_at DATETIME,
	dispatched_at DATETIME,
	cancelled_at DATETIME,
	CONSTRAINT pk_campaign PRIMARY KEY (id),
	CONSTRAINT uq_campaign_slug UNIQUE (slug)
);
INSERT INTO "campaign" VALUES(1,'rivers','{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "show_signers": "nobody", "public_page": "never", "join": "closed", "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}','2036-11-30 17:00:00.000000','2026-11-28 20:17:17.623000','2026-11-28 20:17:17.623000',NULL,NULL,NULL,NULL);
CREATE TABLE event (
	id INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	partner_id INTEGER,
	at DATETIME NOT NULL,
	actor VARCHAR(20) NOT NULL,
	what TEXT NOT NULL,
	CONSTRAINT pk_event PRIMARY KEY (id),
	CONSTRAINT fk_event_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT fk_event_partner_id FOREIGN KEY(partner_id) REFERENCES partner (id)
);
INSERT INTO "event" VALUES(1,1,NULL,'2026-11-28 20:17:17.630000','organizer','launched with 3 partners');
INSERT INTO "event" VALUES(2,1,NULL,'2026-11-28 20:17:18.456000','clock','invited 3 partners');
INSERT INTO "event" VALUES(3,1,1,'2026-11-28 20:17:19.353000','organizer','sign');
CREATE TABLE letter (
	id INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	version INTEGER NOT NULL,
	meaning INTEGER NOT NULL,
	texts JSON NOT NULL,
	hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_letter PRIMARY KEY (id),
	CONSTRAINT fk_letter_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_letter_campaign_id_version UNIQUE (campaign_id, version)
);
INSERT INTO "letter" VALUES(1,1,1,1,'{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}','05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
CREATE TABLE mail (
	id INTEGER NOT NULL,
	"key" TEXT NOT NULL,
	kind VARCHAR(20) NOT NULL,
	urgency INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	partner_id INTEGER,
	addressee_id INTEGER,
	answer_id INTEGER,
	seal_number INTEGER,
	language VARCHAR(8) NOT NULL,
	message_id TEXT NOT NULL,
	dated_at DATETIME NOT NULL,
	body_hash VARCHAR(64),
	due_at DATETIME,
	lease_until DATETIME,
	lease_holder VARCHAR(32),
	attempts INTEGER NOT NULL,
	in_data_at DATETIME,
	sent_at DATETIME,
	refused_at DATETIME,
	uncertain_at DATETIME,
	cancelled_at DATETIME,
	reply TEXT, blocked_at DATETIME, bounced_at DATETIME, generation INTEGER,
	CONSTRAINT pk_mail PRIMARY KEY (id),
	CONSTRAINT fk_mail_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT fk_mail_partner_id FOREIGN KEY(partner_id) REFERENCES partner (id),
	CONSTRAINT fk_mail_addressee_id FOREIGN KEY(addressee_id) REFERENCES addressee (id),
	CONSTRAINT fk_mail_answer_id FOREIGN KEY(answer_id) REFERENCES answer (id),
	CONSTRAINT uq_mail_key UNIQUE ("key"),
	CONSTRAINT ck_mail_letter CHECK (kind <> 'letter' OR (addressee_id IS NOT NULL AND seal_number IS NOT NULL)),
	CONSTRAINT ck_mail_due CHECK (due_at IS NULL OR (sent_at IS NULL AND refused_at IS NULL AND cancelled_at IS NULL))
);
INSERT INTO "mail" VALUES(1,'rivers/invitation/partner-1/1','invitation',3,1,1,NULL,NULL,NULL,'en','<c7260402a55445cb326d736817df869a@127.0.0.1>','2026-11-28 20:17:18.448000',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 20:17:19.352000',NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(2,'rivers/invitation/partner-2/1','invitation',3,1,2,NULL,NULL,NULL,'en','<2e52ed1eb76651125b4f125749e7f54f@127.0.0.1>','2026-11-28 20:17:18.448000',NULL,'2026-11-28 20:18:17.623000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(3,'rivers/invitation/partner-3/1','invitation',3,1,3,NULL,NULL,NULL,'en','<fc48ae443fd2ebc7653af40269c6301c@127.0.0.1>','2026-11-28 20:17:18.448000',NULL,'2026-11-28 20:18:17.623000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(4,'rivers/receipt/partner-1/1','receipt',1,1,1,NULL,1,NULL,'en','<d96d6c08e6b06c31fea62c4ff49b73c4@127.0.0.1>','2026-11-28 20:17:20.162000',NULL,'2026-11-28 20:17:20.162000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
CREATE TABLE partner (
	id INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	ref BLOB NOT NULL,
	generation INTEGER NOT NULL,
	organization TEXT NOT NULL,
	acronym TEXT NOT NULL,
	country TEXT NOT NULL,
	language VARCHAR(8) NOT NULL,
	contact BLOB NOT NULL,
	email BLOB NOT NULL,
	email_hmac BLOB,
	note BLOB NOT NULL, bounced_at DATETIME, quiet_at DATETIME, names JSON, sort_as TEXT, proposed JSON,
	CONSTRAINT pk_partner PRIMARY KEY (id),
	CONSTRAINT fk_partner_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_partner_campaign_id_ref UNIQUE (campaign_id, ref),
	CONSTRAINT uq_partner_ref UNIQUE (ref)
);
INSERT INTO "partner" VALUES(1,1,X'775C9D6EC1C38E33',1,'River Watch','RW','Canada','en',X'01CE05BF738378E52A90845B9515CF6EE73DE4FCE21825F88E2FA6658B',X'01C6149D3983C565C4F5C115D94CD8B2CA8E49CBFC1316AB0322D83791E93A54E257E1D4F4037788816989340F54BDC943F4E7093BDB',X'811D0A4625324BD6301B7ECA211BBA1617092BE39BBBE3252D5687E246C4E678',X'01FB58C3B5A5F8054C02BA7FADCBB70E51BA4F559B29D79A96EA069CD1FAA569483A8AEFD040C1375720',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(2,1,X'0944506669394B0A',1,'Clean Coast','CC','Chad','en',X'01D8B454BCD5DCF3F915D88A7FCAC44BE0727DDEF8B91AED956E9C36EB',X'01A8A197AE23A5217395BDE1BF72C154E52709524C5300C1747F2F746412F3F888ABE05535C78618F74CA45D161B910C15F065C6B031',X'0289BD4E1B3C621461F0AE4FD47673524A56F86F221C2045D206A3C355FC5BCA',X'01B6671574BFED5B82C99EA0078EFDF707089AD003544E506418260A7D',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(3,1,X'08F33D6D44410487',1,'Women & Water’s Étoile','WWE','Chad','en',X'01D892EC4070114D4C86EE748CEA84AA3451391312D9BF7285593EB279',X'0145D3D6EB82643320334061B71612B118298C05A38323142863592AB910D5FA932E4A98780C1657739F698D4BEE0BF46D53D58DA762E7',X'626F8635DD13547320C3C79EE96EE3237869A76083B6CC0745153134AAA06DE5',X'01330598A5CDE19DBF9845EF08533184A91A45449B0AC08446226190A48AD4507CBAA31E2B8941A8D3AC0DE807575521',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE post (
	id INTEGER NOT NULL,
	swept_at DATETIME,
	drained_at DATETIME,
	blocked_at DATETIME,
	mended_at DATETIME,
	retry_at DATETIME,
	reply TEXT,
	CONSTRAINT pk_post PRIMARY KEY (id),
	CONSTRAINT ck_post_only_one CHECK (id = 1)
);
INSERT INTO "post" VALUES(1,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE seal (
	id INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	rendition VARCHAR(10) NOT NULL,
	language VARCHAR(8) NOT NULL,
	format VARCHAR(8) NOT NULL,
	content BLOB NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	sealed_at DATETIME NOT NULL,
	voided_at DATETIME,
	CONSTRAINT pk_seal PRIMARY KEY (id),
	CONSTRAINT fk_seal_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_seal_campaign_id_number_rendition_language_format UNIQUE (campaign_id, number, rendition, language, format),
	CONSTRAINT ck_seal_rendition CHECK (rendition IN ('public', 'addressee'))
);
CREATE TABLE stranger (
	id INTEGER NOT NULL,
	campaign_id INTEGER NOT NULL,
	mail_id INTEGER NOT NULL,
	partner_id INTEGER,
	ref BLOB NOT NULL,
	organization BLOB NOT NULL,
	acronym BLOB NOT NULL,
	country BLOB NOT NULL,
	language VARCHAR(8) NOT NULL,
	contact BLOB NOT NULL,
	email BLOB NOT NULL,
	email_hmac BLOB NOT NULL,
	at DATETIME NOT NULL,
	confirmed_at DATETIME,
	decided_at DATETIME,
	CONSTRAINT pk_stranger PRIMARY KEY (id),
	CONSTRAINT fk_stranger_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT fk_stranger_mail_id FOREIGN KEY(mail_id) REFERENCES mail (id),
	CONSTRAINT fk_stranger_partner_id FOREIGN KEY(partner_id) REFERENCES partner (id),
	CONSTRAINT uq_stranger_mail_id UNIQUE (mail_id),
	CONSTRAINT uq_stranger_ref UNIQUE (ref)
);
INSERT INTO "stranger" VALUES(1,1,2,NULL,X'3132333435363738',X'01FB834AD6D220A123051B4CCCE60FE950EEE8B22411D3D03B3C8EF9A37E0216F4A8B8F137E130661AF5E138A1',X'017D62ACC1D395E28672C7883E9F24CB6333004A6E5D86591C8DFA9B590B51EC',X'010DBEBDA0BA895E93B46A6A00E21647F7736B75ADAC2035D65ECF4DB7336C4FF0','en',X'01C505FDED783F2590FE9B0C2F37C9A089530D8E87AD24F62250AA5523',X'018B35A97BAAE7E934CBFD9B19A151BE601B26EA49304DBB7A1CCEE74C86DD478C846D80001C0ED374AC750E2D9EC97859F298AC6B229E',X'7878787878787878787878787878787878787878787878787878787878787878','2026-11-28 20:17:21.224000',NULL,NULL);
CREATE TABLE suppression (
	id INTEGER NOT NULL,
	email_hmac BLOB NOT NULL,
	at DATETIME NOT NULL,
	reason VARCHAR(20) NOT NULL,
	CONSTRAINT pk_suppression PRIMARY KEY (id),
	CONSTRAINT uq_suppression_email_hmac UNIQUE (email_hmac)
);
INSERT INTO "suppression" VALUES(1,X'7979797979797979797979797979797979797979797979797979797979797979','2026-11-28 20:17:20.742000','bounce');
CREATE INDEX ix_partner_campaign_id_email_hmac ON partner (campaign_id, email_hmac);
CREATE UNIQUE INDEX uq_answer_standing ON answer (partner_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX uq_mail_living_letter ON mail (addressee_id) WHERE kind = 'letter' AND cancelled_at IS NULL;
CREATE INDEX ix_mail_due ON mail (urgency, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_mail_campaign_id_kind ON mail (campaign_id, kind);
CREATE INDEX ix_mail_partner_id ON mail (partner_id);
CREATE INDEX ix_event_campaign_id_at ON event (campaign_id, at);
CREATE INDEX ix_mail_sent ON mail (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX ix_stranger_email_hmac_at ON stranger (email_hmac, at);
CREATE INDEX ix_stranger_campaign_id_at ON stranger (campaign_id, at);
COMMIT;
