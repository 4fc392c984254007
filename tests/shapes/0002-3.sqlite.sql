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
INSERT INTO "alembic_version" VALUES('0002');
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
	superseded_at DATETIME,
	CONSTRAINT pk_answer PRIMARY KEY (id),
	CONSTRAINT fk_answer_partner_id FOREIGN KEY(partner_id) REFERENCES partner (id),
	CONSTRAINT fk_answer_letter_id FOREIGN KEY(letter_id) REFERENCES letter (id),
	CONSTRAINT ck_answer_choice CHECK (choice IN ('sign', 'decline', 'withdraw')),
	CONSTRAINT ck_answer_visibility CHECK ((choice = 'sign') = (visibility IS NOT NULL)),
	CONSTRAINT ck_answer_visibility_known CHECK (visibility IN ('public', 'addressee', 'counted'))
);
INSERT INTO "answer" VALUES(1,1,1,'sign','public',X'01248722A625CB27161EF84400B2DD04A1938871A606D7805C98A10088D62364',X'0162F320A8D439BD0945901F5387D641FEB73E0E93EEADC2E7BAEA20BDC92C277FF5',X'01EE717103CC7C37DE8C61A3C119698A06685AA6A01C0DCD83436ED6C4','en','by hand',X'011CD97A2BB48581C7A271AD4037D90D1E2835E5480A585A4666C5FD5F432BA034E2BCA6AE7E2F','2026-11-28 20:16:59.651000',NULL);
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
INSERT INTO "campaign" VALUES(1,'rivers','{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}','2036-11-30 17:00:00.000000','2026-11-28 20:16:57.863000','2026-11-28 20:16:57.863000',NULL,NULL,NULL,NULL);
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
INSERT INTO "event" VALUES(1,1,NULL,'2026-11-28 20:16:57.869000','organizer','launched with 3 partners');
INSERT INTO "event" VALUES(2,1,NULL,'2026-11-28 20:16:58.722000','clock','invited 3 partners');
INSERT INTO "event" VALUES(3,1,1,'2026-11-28 20:16:59.653000','organizer','sign');
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
INSERT INTO "mail" VALUES(1,'rivers/invitation/partner-1/1','invitation',3,1,1,NULL,NULL,NULL,'en','<6151b0fdc6cdef105fc6289803d8301e@127.0.0.1>','2026-11-28 20:16:58.715000',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 20:16:59.653000',NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(2,'rivers/invitation/partner-2/1','invitation',3,1,2,NULL,NULL,NULL,'en','<ede79b5bea44cd0cf2c3bc50cc97816c@127.0.0.1>','2026-11-28 20:16:58.715000',NULL,'2026-11-28 20:17:57.863000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(3,'rivers/invitation/partner-3/1','invitation',3,1,3,NULL,NULL,NULL,'en','<abd984b0dcbd12679f49d0bc0d2cc2a6@127.0.0.1>','2026-11-28 20:16:58.715000',NULL,'2026-11-28 20:17:57.863000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(4,'rivers/receipt/partner-1/1','receipt',1,1,1,NULL,1,NULL,'en','<3855b32f2368fe8ee12c3b385b2fb9de@127.0.0.1>','2026-11-28 20:17:00.451000',NULL,'2026-11-28 20:17:00.451000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
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
	note BLOB NOT NULL, bounced_at DATETIME, quiet_at DATETIME,
	CONSTRAINT pk_partner PRIMARY KEY (id),
	CONSTRAINT fk_partner_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_partner_campaign_id_ref UNIQUE (campaign_id, ref),
	CONSTRAINT uq_partner_ref UNIQUE (ref)
);
INSERT INTO "partner" VALUES(1,1,X'2BC8CB6427BE6BCB',1,'River Watch','RW','Canada','en',X'01A59FBBACA66D765F02B41795A8A369CBFFEEB27835FDD517EE0CF8B6',X'019E1453C3F7861035413A53766735503A6EA4A15099A0F5449AD7380D675E0987A1CC347DE5E0497C4F667601FE19DF438E40AE610B',X'811D0A4625324BD6301B7ECA211BBA1617092BE39BBBE3252D5687E246C4E678',X'015D80F4E2A342C8616B1C28F6CDFDBBD4C7BD8E95DA9E74AC0CB87A44BD3008C398ABB895F8C0C66C59',NULL,NULL);
INSERT INTO "partner" VALUES(2,1,X'25624CAF31E469BC',1,'Clean Coast','CC','Chad','en',X'01EBF4998117770DBD4108F6C31A7A9AB20CB0FF78C3703F740FAE5728',X'017EE746442952DFD223F2887984C1E708692C93F335CC70D5E1B158B4DC5B024C68CD90130EF3E4A1304F96F504D0B101E5B7BBDF97',X'0289BD4E1B3C621461F0AE4FD47673524A56F86F221C2045D206A3C355FC5BCA',X'01CBC288194984EB8C5890C5669A26015BED495DD36523406D88264E16',NULL,NULL);
INSERT INTO "partner" VALUES(3,1,X'4EEFAB8B56846344',1,'Women & Water’s Étoile','WWE','Chad','en',X'018818CB196A4441055D20D6CD45C5F3C4B58BF89E285A2F4F0D0D3550',X'011FAC73B13B1A7833696459506A939FDE78DA3F1B98504F984D35665A81747FA41A56EC907C4051467248F9D3377F26D494AED593C13F',X'626F8635DD13547320C3C79EE96EE3237869A76083B6CC0745153134AAA06DE5',X'014B013FAAA7ECBFDF219F192CF9A3D54A62C7A3031670F4F2D2B83C16BB1700D3D61D3C05A5BAEF6DDAABCE4A362A70',NULL,NULL);
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
CREATE TABLE suppression (
	id INTEGER NOT NULL,
	email_hmac BLOB NOT NULL,
	at DATETIME NOT NULL,
	reason VARCHAR(20) NOT NULL,
	CONSTRAINT pk_suppression PRIMARY KEY (id),
	CONSTRAINT uq_suppression_email_hmac UNIQUE (email_hmac)
);
INSERT INTO "suppression" VALUES(1,X'7979797979797979797979797979797979797979797979797979797979797979','2026-11-28 20:17:01.029000','bounce');
CREATE INDEX ix_partner_campaign_id_email_hmac ON partner (campaign_id, email_hmac);
CREATE UNIQUE INDEX uq_answer_standing ON answer (partner_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX uq_mail_living_letter ON mail (addressee_id) WHERE kind = 'letter' AND cancelled_at IS NULL;
CREATE INDEX ix_mail_due ON mail (urgency, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_mail_campaign_id_kind ON mail (campaign_id, kind);
CREATE INDEX ix_mail_partner_id ON mail (partner_id);
CREATE INDEX ix_event_campaign_id_at ON event (campaign_id, at);
CREATE INDEX ix_mail_sent ON mail (sent_at) WHERE sent_at IS NOT NULL;
COMMIT;
