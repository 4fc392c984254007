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
INSERT INTO "answer" VALUES(1,1,1,'sign','public',X'01EC9E60380DA88CC41FF1EFFD0172E051335AA3E51B252A9DC1DDFEA39D333C',X'0142022BB27C5E1828BD3EEF53687C2378DE7593FB257B54D1CDFABBF658939E8579',X'014A43962EE289C16C6915FBE8ADA6C03B548EA09A683FF689AE618FDA','en','by hand',X'01DACA7AF9FC494B7D8B246D8B100F7C9E5290E41958A4E2921559A5B5DAD15988DC129B9D8912','2026-11-28 20:16:49.905000',NULL);
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
INSERT INTO "campaign" VALUES(1,'rivers','{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}','2036-11-30 17:00:00.000000','2026-11-28 20:16:48.242000','2026-11-28 20:16:48.242000',NULL,NULL,NULL,NULL);
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
INSERT INTO "event" VALUES(1,1,NULL,'2026-11-28 20:16:48.248000','organizer','launched with 3 partners');
INSERT INTO "event" VALUES(2,1,NULL,'2026-11-28 20:16:49.059000','clock','invited 3 partners');
INSERT INTO "event" VALUES(3,1,1,'2026-11-28 20:16:49.907000','organizer','sign');
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
INSERT INTO "mail" VALUES(1,'rivers/invitation/partner-1/1','invitation',3,1,1,NULL,NULL,NULL,'en','<6a71e70629257a427a07af7df41dea8e@127.0.0.1>','2026-11-28 20:16:49.051000',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 20:16:49.906000',NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(2,'rivers/invitation/partner-2/1','invitation',3,1,2,NULL,NULL,NULL,'en','<4dc70df6b77142906fa9fdfce7681b83@127.0.0.1>','2026-11-28 20:16:49.051000',NULL,'2026-11-28 20:17:48.242000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(3,'rivers/invitation/partner-3/1','invitation',3,1,3,NULL,NULL,NULL,'en','<d534b19f943f100dc10b3fa17a8bc6d0@127.0.0.1>','2026-11-28 20:16:49.051000',NULL,'2026-11-28 20:17:48.242000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(4,'rivers/receipt/partner-1/1','receipt',1,1,1,NULL,1,NULL,'en','<0d164b089500e1f8b2f07d70c7db62f7@127.0.0.1>','2026-11-28 20:16:50.629000',NULL,'2026-11-28 20:16:50.629000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
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
	note BLOB NOT NULL, bounced_at DATETIME,
	CONSTRAINT pk_partner PRIMARY KEY (id),
	CONSTRAINT fk_partner_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaign (id),
	CONSTRAINT uq_partner_campaign_id_ref UNIQUE (campaign_id, ref),
	CONSTRAINT uq_partner_ref UNIQUE (ref)
);
INSERT INTO "partner" VALUES(1,1,X'D908B96224CE6662',1,'River Watch','RW','Canada','en',X'01A66D5320774F727D6D473729D0864D873B40FB4149461299A49D771C',X'0161915ADAD1C2702AD1636AF872A3FC4000009FACD0F369669F7892F7B1B4432BE047F3395E241A7C8CA887C62389D173F8F11D4524',X'811D0A4625324BD6301B7ECA211BBA1617092BE39BBBE3252D5687E246C4E678',X'013A3A605C1794FDAE2043FC44D682C555898793F651EE931ED009AA5A16BC330AEB356412693CDAC146',NULL);
INSERT INTO "partner" VALUES(2,1,X'D7B05152C7C93C95',1,'Clean Coast','CC','Chad','en',X'01AD5860CAF8B6569EAA6AA2F8FF76D81EA1FF276C45FCAD6749D46F35',X'01DDE11C3451AE88ECCB59EC602EF9E974610ACE8B11B3A38874589FADA52A1307ACA7871A9911225469D29D2DE53922F00649DDD147',X'0289BD4E1B3C621461F0AE4FD47673524A56F86F221C2045D206A3C355FC5BCA',X'0115C75187D240AA160D375B59FCE20F3C1FC57054ED4D9AA395F89555',NULL);
INSERT INTO "partner" VALUES(3,1,X'D00BDEF9EF76C31A',1,'Women & Water’s Étoile','WWE','Chad','en',X'01412F6E707257AE7450037ECD84880C30738AD22752659D992258D449',X'01A3CBF8F873D10650FB283B5E8AA6D80998071A4186BFDBCEF2F565A535A9577D50AD4A9608AE180B90B09280D2070FB007A16E0A6BFB',X'626F8635DD13547320C3C79EE96EE3237869A76083B6CC0745153134AAA06DE5',X'01FA574DA503C8964525FD116F60C6938D6776058C23D8F6EEF99C64886405FFDE062EE55795B8F21E12DF9C9386D8B3',NULL);
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
INSERT INTO "suppression" VALUES(1,X'7979797979797979797979797979797979797979797979797979797979797979','2026-11-28 20:16:51.149000','bounce');
CREATE INDEX ix_partner_campaign_id_email_hmac ON partner (campaign_id, email_hmac);
CREATE UNIQUE INDEX uq_answer_standing ON answer (partner_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX uq_mail_living_letter ON mail (addressee_id) WHERE kind = 'letter' AND cancelled_at IS NULL;
CREATE INDEX ix_mail_due ON mail (urgency, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_mail_campaign_id_kind ON mail (campaign_id, kind);
CREATE INDEX ix_mail_partner_id ON mail (partner_id);
CREATE INDEX ix_event_campaign_id_at ON event (campaign_id, at);
CREATE INDEX ix_mail_sent ON mail (sent_at) WHERE sent_at IS NOT NULL;
COMMIT;
