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
INSERT INTO "alembic_version" VALUES('0004');
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
INSERT INTO "answer" VALUES(1,1,1,'sign','public',X'01A9C952680921ACA7B4E53846E68311CE2E4EE510B3E7D94B374E101734A06D',X'0110D9431B10B81A4C32E48C0EE3FC4426CDB5D0936D12D27C1488442F8F75313A74',X'011E9749E5EB28E0C32F1360B1F546150733B9DE7C3686F8E3093C5449','en','by hand',X'01A298F8692E282F3F9297F8E7F3457A7A698CE16ACEED4A0CF9317ED615FC1C844B15F2E0A139','2026-11-28 20:17:29.906000',NULL,X'01F26E5CC46CED0F7506B450A82B91D054F78BA461209E13981CFAD0B3');
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
	cancelled_at DATETIME, erased_at DATETIME,
	CONSTRAINT pk_campaign PRIMARY KEY (id),
	CONSTRAINT uq_campaign_slug UNIQUE (slug)
);
INSERT INTO "campaign" VALUES(1,'rivers','{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "show_signers": "nobody", "public_page": "never", "join": "closed", "keep_contacts": 15552000, "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}','2036-11-30 17:00:00.000000','2026-11-28 20:17:28.170000','2026-11-28 20:17:28.170000',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "event" VALUES(1,1,NULL,'2026-11-28 20:17:28.175000','organizer','launched with 3 partners');
INSERT INTO "event" VALUES(2,1,NULL,'2026-11-28 20:17:28.993000','clock','invited 3 partners');
INSERT INTO "event" VALUES(3,1,1,'2026-11-28 20:17:29.906000','organizer','sign');
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
INSERT INTO "mail" VALUES(1,'rivers/invitation/partner-1/1','invitation',3,1,1,NULL,NULL,NULL,'en','<4d9f53d91d0b26916844ab9d0c09210c@127.0.0.1>','2026-11-28 20:17:28.985000',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 20:17:29.906000',NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(2,'rivers/invitation/partner-2/1','invitation',3,1,2,NULL,NULL,NULL,'en','<5b618703a481c81f4237fa8a4ca18fc3@127.0.0.1>','2026-11-28 20:17:28.985000',NULL,'2026-11-28 20:18:28.170000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(3,'rivers/invitation/partner-3/1','invitation',3,1,3,NULL,NULL,NULL,'en','<055f410ec0cce0e9f732435731dfcd69@127.0.0.1>','2026-11-28 20:17:28.985000',NULL,'2026-11-28 20:18:28.170000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(4,'rivers/receipt/partner-1/1','receipt',1,1,1,NULL,1,NULL,'en','<7f492a66d1d6e53cdc010ffd2832972f@127.0.0.1>','2026-11-28 20:17:31.096000',NULL,'2026-11-28 20:17:31.096000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
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
	note BLOB NOT NULL, bounced_at DATETIME, quiet_at DATETIME, names JSON, sort_as TEXT, proposed JSON, erased_at DATETIME,
	CONSTRAINT pk_partner PRIMARY KEY (id),
	CONSTRAINT fk_partner_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_partner_campaign_id_ref UNIQUE (campaign_id, ref),
	CONSTRAINT uq_partner_ref UNIQUE (ref)
);
INSERT INTO "partner" VALUES(1,1,X'71DD692653B60E31',1,'River Watch','RW','Canada','en',X'01ADC71682D2363A15B5560FAEDCE399DEC21285A67EB59593EA3C123A',X'0192516574BF6F03BDDDADA7711049CA3AF305D8848219EC85D26E91E84089D07B8E81E643529FF821AB4F6BD165C83D342ADCE84D98',X'811D0A4625324BD6301B7ECA211BBA1617092BE39BBBE3252D5687E246C4E678',X'01E0ACD43953DC9EA80D6B668B6BEF60B6F8A6AD02CC051C95269ABEA3E3331D9DBBE09C8DC7EEB95E11',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(2,1,X'8D72CA48FE56975E',1,'Clean Coast','CC','Chad','en',X'01E0AA46EAE3D08DE4757E5E723632EEA7E5DEB5B09DACA91FE7D6DAFC',X'01BBE6CDB3A6169CB94648E2EBC2A59C3C76B95734598ED8441A9BA20817FDD97572D74C439627E675F751B1E76C0A8D0572A79CA32F',X'0289BD4E1B3C621461F0AE4FD47673524A56F86F221C2045D206A3C355FC5BCA',X'01A957486DCE5D0E95154CC7EADD7301218005A11FA99959CFA87EC6BA',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(3,1,X'456C8429A91983AC',1,'Women & Water’s Étoile','WWE','Chad','en',X'01C62A98CE48FD00FAE0534C11FE21308B71FE9847F464CDDC7B1C7FFE',X'013ED311F9F5F4B74D4D619EC753AE8F9A7D77D57D6434B7346818331BE314971C3A65852D8275012A782802D68C4C168389C8EE0261D6',X'626F8635DD13547320C3C79EE96EE3237869A76083B6CC0745153134AAA06DE5',X'01C7D3541D9E6E4B00E226DD19CBB65E177C48CAAB6668F8A7CC0CF19A2D00F7AAA9B297F00FF17AE6067E5C5411E1D7',NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "stranger" VALUES(1,1,2,NULL,X'3132333435363738',X'01E09E882767C167831C15B1ED7983FD1524D3D506A677CB0787290FA55967EED919DDDACF7A342712C6EE22E6',X'01B484A13B64846148CC53BFB403B3681D0939D19A1554AC4B4AE778A9556CBA',X'01536BF607D911F97EE595B6A20C8DF2C6CE26E818F2A4BE2EBC3632ADB1A5E0CF','en',X'014B4F3DC05D34CF2645CF1CE8243E4060D017FD980E0937DD208480B5',X'017F07C7016D862D0E03BDAE5189FFA1D830F41EE541DFCA3E6D428E303F005A81A5824861F1690D70E2713FD2943A6C41F844DF1B2D4C',X'7878787878787878787878787878787878787878787878787878787878787878','2026-11-28 20:17:32.603000',NULL,NULL);
CREATE TABLE suppression (
	id INTEGER NOT NULL,
	email_hmac BLOB NOT NULL,
	at DATETIME NOT NULL,
	reason VARCHAR(20) NOT NULL,
	CONSTRAINT pk_suppression PRIMARY KEY (id),
	CONSTRAINT uq_suppression_email_hmac UNIQUE (email_hmac)
);
INSERT INTO "suppression" VALUES(1,X'7979797979797979797979797979797979797979797979797979797979797979','2026-11-28 20:17:31.898000','bounce');
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
