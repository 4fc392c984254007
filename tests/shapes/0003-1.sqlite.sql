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
INSERT INTO "answer" VALUES(1,1,1,'sign','public',X'01DD016BF6AA3090A425A09844454C898938DBE68510B7BDB9DFED9290570D68',X'016C20F8596C5CAD5D38895C8D71BDEB3CAD10F045AB2E8D5D7B560FD450C624ADA1',X'01A4C32EF7F6BAB166A3E50DA31FF1C8D238A23DCB014EDE755CB8643D','en','by hand',X'018E68C0F4371CE7C5F116A847011AC2E3057F77DDA39388F49CD56458CB4AFBC05A0A0A6C71FF','2026-11-28 20:17:10.004000',NULL,X'01D424BD6A8A14BC5DA6236BE4A3F247008E1C87DE8F0104DBD9EF21A2');
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
INSERT INTO "campaign" VALUES(1,'rivers','{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "show_signers": "nobody", "public_page": "never", "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}','2036-11-30 17:00:00.000000','2026-11-28 20:17:08.229000','2026-11-28 20:17:08.229000',NULL,NULL,NULL,NULL);
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
INSERT INTO "event" VALUES(1,1,NULL,'2026-11-28 20:17:08.235000','organizer','launched with 3 partners');
INSERT INTO "event" VALUES(2,1,NULL,'2026-11-28 20:17:09.038000','clock','invited 3 partners');
INSERT INTO "event" VALUES(3,1,1,'2026-11-28 20:17:10.006000','organizer','sign');
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
INSERT INTO "mail" VALUES(1,'rivers/invitation/partner-1/1','invitation',3,1,1,NULL,NULL,NULL,'en','<bc44a06e1ae0a64b1f1c3d179a60924d@127.0.0.1>','2026-11-28 20:17:09.028000',NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'2026-11-28 20:17:10.005000',NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(2,'rivers/invitation/partner-2/1','invitation',3,1,2,NULL,NULL,NULL,'en','<9889b9a0e66e4a78ab1dcba43da4b926@127.0.0.1>','2026-11-28 20:17:09.028000',NULL,'2026-11-28 20:18:08.229000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(3,'rivers/invitation/partner-3/1','invitation',3,1,3,NULL,NULL,NULL,'en','<4f0fa198b8bf48c4dda8406e3a5e2bf5@127.0.0.1>','2026-11-28 20:17:09.028000',NULL,'2026-11-28 20:18:08.229000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
INSERT INTO "mail" VALUES(4,'rivers/receipt/partner-1/1','receipt',1,1,1,NULL,1,NULL,'en','<b6deb39e7dc27907f2c8be78144e2c7f@127.0.0.1>','2026-11-28 20:17:10.784000',NULL,'2026-11-28 20:17:10.784000',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1);
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
INSERT INTO "partner" VALUES(1,1,X'3A8F0BEC891FB7EE',1,'River Watch','RW','Canada','en',X'01079D63068A12BBCC99A255F3D37428508641CEAB1E85756384BF1F16',X'016F99F02B72A232FF3259C171F12A378B4E9D5D97FA69503C33D8EB8882A72C765731563DDFC2E6F2A6740F62F6A50BAC39462936EF',X'811D0A4625324BD6301B7ECA211BBA1617092BE39BBBE3252D5687E246C4E678',X'019E2551C9A606E316CE34DD6FAC3F85EEB5037665A635F136CAA4567B67FA88859FD147E3B72EADC8A7',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(2,1,X'DFFAD4A8F4DC9FF7',1,'Clean Coast','CC','Chad','en',X'01B1C6C4C4D8075A043EE26E272727DFB6719AAF91200CFAA79A5FA42B',X'01ED10DA2ACAB2A1FE1F12300F8228F8D3AD15C866B1FFEA9EF7C7F5B0879651D9E76E210BE189EF42BFDD074FDA2CE388A547C3E3CE',X'0289BD4E1B3C621461F0AE4FD47673524A56F86F221C2045D206A3C355FC5BCA',X'01ED9FB58F736F7E694EE98FD890FB552811C7930004EDF743FB4AF158',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "partner" VALUES(3,1,X'1EDC81A55AEDC086',1,'Women & Water’s Étoile','WWE','Chad','en',X'01E31DF8E648F32AC4CD8F1C90D16322CEA6375825F6F669D867BFC241',X'01A4968D3B582E15CFE6F09F219A10AF2A20AE29A9499A3327A1C4E3290CDD6CD4E116BD66D6FBB5C96845FFD1BE66B35CA025E0B93839',X'626F8635DD13547320C3C79EE96EE3237869A76083B6CC0745153134AAA06DE5',X'013F11E0CF1F7BF171C572453C66821758E0C623DB554C2BC7B2A3F0B9927BCCFA8EF10701B631698535E634BF065C4D',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "suppression" VALUES(1,X'7979797979797979797979797979797979797979797979797979797979797979','2026-11-28 20:17:11.321000','bounce');
CREATE INDEX ix_partner_campaign_id_email_hmac ON partner (campaign_id, email_hmac);
CREATE UNIQUE INDEX uq_answer_standing ON answer (partner_id) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX uq_mail_living_letter ON mail (addressee_id) WHERE kind = 'letter' AND cancelled_at IS NULL;
CREATE INDEX ix_mail_due ON mail (urgency, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_mail_campaign_id_kind ON mail (campaign_id, kind);
CREATE INDEX ix_mail_partner_id ON mail (partner_id);
CREATE INDEX ix_event_campaign_id_at ON event (campaign_id, at);
CREATE INDEX ix_mail_sent ON mail (sent_at) WHERE sent_at IS NOT NULL;
COMMIT;
