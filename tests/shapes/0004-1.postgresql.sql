CREATE TABLE public.addressee (
    id integer NOT NULL,
    letter_id integer NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    office json NOT NULL,
    salutation json NOT NULL,
    address json NOT NULL,
    email text NOT NULL,
    copy boolean NOT NULL
);
CREATE SEQUENCE public.addressee_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.addressee_id_seq OWNED BY public.addressee.id;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.answer (
    id integer NOT NULL,
    partner_id integer NOT NULL,
    letter_id integer NOT NULL,
    choice character varying(10) NOT NULL,
    visibility character varying(10),
    representative bytea NOT NULL,
    role bytea NOT NULL,
    reason bytea NOT NULL,
    language character varying(8) NOT NULL,
    channel character varying(10) NOT NULL,
    note bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone,
    passage bytea,
    CONSTRAINT ck_answer_choice CHECK (choice IN ('sign', 'decline', 'withdraw', 'change')),
    CONSTRAINT ck_answer_visibility CHECK ((((choice)::text = 'sign'::text) = (visibility IS NOT NULL))),
    CONSTRAINT ck_answer_visibility_known CHECK (visibility IN ('public', 'addressee', 'counted'))
);
CREATE SEQUENCE public.answer_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.answer_id_seq OWNED BY public.answer.id;
CREATE TABLE public.campaign (
    id integer NOT NULL,
    slug character varying(100) NOT NULL,
    definition json NOT NULL,
    deadline_at timestamp with time zone NOT NULL,
    deadline_set_at timestamp with time zone NOT NULL,
    launched_at timestamp with time zone NOT NULL,
    held_at timestamp with time zone,
    closed_at timestamp with time zone,
    dispatched_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    erased_at timestamp with time zone
);
CREATE SEQUENCE public.campaign_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.campaign_id_seq OWNED BY public.campaign.id;
CREATE TABLE public.event (
    id integer NOT NULL,
    campaign_id integer NOT NULL,
    partner_id integer,
    at timestamp with time zone NOT NULL,
    actor character varying(20) NOT NULL,
    what text NOT NULL
);
CREATE SEQUENCE public.event_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.event_id_seq OWNED BY public.event.id;
CREATE TABLE public.letter (
    id integer NOT NULL,
    campaign_id integer NOT NULL,
    version integer NOT NULL,
    meaning integer NOT NULL,
    texts json NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE SEQUENCE public.letter_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.letter_id_seq OWNED BY public.letter.id;
CREATE TABLE public.mail (
    id integer NOT NULL,
    key text NOT NULL,
    kind character varying(20) NOT NULL,
    urgency integer NOT NULL,
    campaign_id integer NOT NULL,
    partner_id integer,
    addressee_id integer,
    answer_id integer,
    seal_number integer,
    language character varying(8) NOT NULL,
    message_id text NOT NULL,
    dated_at timestamp with time zone NOT NULL,
    body_hash character varying(64),
    due_at timestamp with time zone,
    lease_until timestamp with time zone,
    lease_holder character varying(32),
    attempts integer NOT NULL,
    in_data_at timestamp with time zone,
    sent_at timestamp with time zone,
    refused_at timestamp with time zone,
    uncertain_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    reply text,
    blocked_at timestamp with time zone,
    bounced_at timestamp with time zone,
    generation integer,
    CONSTRAINT ck_mail_due CHECK (((due_at IS NULL) OR ((sent_at IS NULL) AND (refused_at IS NULL) AND (cancelled_at IS NULL)))),
    CONSTRAINT ck_mail_letter CHECK ((((kind)::text <> 'letter'::text) OR ((addressee_id IS NOT NULL) AND (seal_number IS NOT NULL))))
);
CREATE SEQUENCE public.mail_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.mail_id_seq OWNED BY public.mail.id;
CREATE TABLE public.partner (
    id integer NOT NULL,
    campaign_id integer NOT NULL,
    ref bytea NOT NULL,
    generation integer NOT NULL,
    organization text NOT NULL,
    acronym text NOT NULL,
    country text NOT NULL,
    language character varying(8) NOT NULL,
    contact bytea NOT NULL,
    email bytea NOT NULL,
    email_hmac bytea,
    note bytea NOT NULL,
    bounced_at timestamp with time zone,
    quiet_at timestamp with time zone,
    names json,
    sort_as text,
    proposed json,
    erased_at timestamp with time zone
);
CREATE SEQUENCE public.partner_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.partner_id_seq OWNED BY public.partner.id;
CREATE TABLE public.post (
    id integer NOT NULL,
    swept_at timestamp with time zone,
    drained_at timestamp with time zone,
    blocked_at timestamp with time zone,
    mended_at timestamp with time zone,
    retry_at timestamp with time zone,
    reply text,
    CONSTRAINT ck_post_only_one CHECK ((id = 1))
);
CREATE TABLE public.seal (
    id integer NOT NULL,
    campaign_id integer NOT NULL,
    number integer NOT NULL,
    rendition character varying(10) NOT NULL,
    language character varying(8) NOT NULL,
    format character varying(8) NOT NULL,
    content bytea NOT NULL,
    sha256 character varying(64) NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    voided_at timestamp with time zone,
    CONSTRAINT ck_seal_rendition CHECK (rendition IN ('public', 'addressee'))
);
CREATE SEQUENCE public.seal_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.seal_id_seq OWNED BY public.seal.id;
CREATE TABLE public.stranger (
    id integer NOT NULL,
    campaign_id integer NOT NULL,
    mail_id integer NOT NULL,
    partner_id integer,
    ref bytea NOT NULL,
    organization bytea NOT NULL,
    acronym bytea NOT NULL,
    country bytea NOT NULL,
    language character varying(8) NOT NULL,
    contact bytea NOT NULL,
    email bytea NOT NULL,
    email_hmac bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    decided_at timestamp with time zone
);
CREATE SEQUENCE public.stranger_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.stranger_id_seq OWNED BY public.stranger.id;
CREATE TABLE public.suppression (
    id integer NOT NULL,
    email_hmac bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    reason character varying(20) NOT NULL
);
CREATE SEQUENCE public.suppression_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.suppression_id_seq OWNED BY public.suppression.id;
ALTER TABLE ONLY public.addressee ALTER COLUMN id SET DEFAULT nextval('public.addressee_id_seq'::regclass);
ALTER TABLE ONLY public.answer ALTER COLUMN id SET DEFAULT nextval('public.answer_id_seq'::regclass);
ALTER TABLE ONLY public.campaign ALTER COLUMN id SET DEFAULT nextval('public.campaign_id_seq'::regclass);
ALTER TABLE ONLY public.event ALTER COLUMN id SET DEFAULT nextval('public.event_id_seq'::regclass);
ALTER TABLE ONLY public.letter ALTER COLUMN id SET DEFAULT nextval('public.letter_id_seq'::regclass);
ALTER TABLE ONLY public.mail ALTER COLUMN id SET DEFAULT nextval('public.mail_id_seq'::regclass);
ALTER TABLE ONLY public.partner ALTER COLUMN id SET DEFAULT nextval('public.partner_id_seq'::regclass);
ALTER TABLE ONLY public.seal ALTER COLUMN id SET DEFAULT nextval('public.seal_id_seq'::regclass);
ALTER TABLE ONLY public.stranger ALTER COLUMN id SET DEFAULT nextval('public.stranger_id_seq'::regclass);
ALTER TABLE ONLY public.suppression ALTER COLUMN id SET DEFAULT nextval('public.suppression_id_seq'::regclass);
INSERT INTO public.addressee VALUES (1, 1, 1, 'Professor Ada Example', '{"": "Special Rapporteur on rivers"}', '{"": "Dear Professor Example,"}', '["Geneva"]', 'rapporteur@rivers.example', false);
INSERT INTO public.alembic_version VALUES ('0004');
INSERT INTO public.answer VALUES (2, 1, 1, 'sign', 'public', '\x0119f760f7ac9753d0a9690c9303e3bc93356d9f5942290ed5f458460bb2b78c', '\x01aa868004313ea908ec5889be0cb8e53dc32480907857dbca4e11530127a7f7302d', '\x0151e1a53a2dec6f71b6a2da27e10546097b20cd74e8c0484f8fc93194', 'en', 'by hand', '\x012b079841f6daa9f8352e32567ca287cbf8811fbad5415ec50929ca9ab672d458860b01d57ca4', '2026-11-29 03:17:38.350041+07', NULL, '\x01ee4ca40878867ddc2f57fcc6d404e202ed1a703b00993fd9c8592001');
INSERT INTO public.campaign VALUES (1, 'rivers', '{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "show_signers": "nobody", "public_page": "never", "join": "closed", "keep_contacts": 15552000, "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}', '2036-12-01 00:00:00+07', '2026-11-29 03:17:35.440823+07', '2026-11-29 03:17:35.440823+07', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.event VALUES (1, 1, NULL, '2026-11-29 03:17:35.450182+07', 'organizer', 'launched with 3 partners');
INSERT INTO public.event VALUES (2, 1, NULL, '2026-11-29 03:17:36.827812+07', 'clock', 'invited 3 partners');
INSERT INTO public.event VALUES (4, 1, 1, '2026-11-29 03:17:38.350041+07', 'organizer', 'sign');
INSERT INTO public.letter VALUES (1, 1, 1, 1, '{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}', '05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
INSERT INTO public.mail VALUES (2, 'rivers/invitation/partner-2/1', 'invitation', 3, 1, 2, NULL, NULL, NULL, 'en', '<3f6b38987a344fa4f693f81feb49acbb@127.0.0.1>', '2026-11-29 03:17:36.802424+07', NULL, '2026-11-29 03:18:35.440823+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (3, 'rivers/invitation/partner-3/1', 'invitation', 3, 1, 3, NULL, NULL, NULL, 'en', '<f14c733c47282e93471dde16dbd94ba1@127.0.0.1>', '2026-11-29 03:17:36.802424+07', NULL, '2026-11-29 03:18:35.440823+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (1, 'rivers/invitation/partner-1/1', 'invitation', 3, 1, 1, NULL, NULL, NULL, 'en', '<190e5246b93b9db239b846a3d44d6a23@127.0.0.1>', '2026-11-29 03:17:36.802424+07', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-11-29 03:17:38.350041+07', NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (4, 'rivers/receipt/partner-1/2', 'receipt', 1, 1, 1, NULL, 2, NULL, 'en', '<951cf569f25a5b9a80110e91cf7dbfc6@127.0.0.1>', '2026-11-29 03:17:40.104326+07', NULL, '2026-11-29 03:17:40.104326+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.partner VALUES (1, 1, '\xe957353d06a9b7e7', 1, 'River Watch', 'RW', 'Canada', 'en', '\x015f6bdff2bfe1af555a06145a37dc836018b4016de01c5670749889ec', '\x01e724ae5cea1e250a58b7c457a34dec79a1d6c1afb30acb0d4514101b6848f76c1e56ed0693f99a99149c3d5e49697b0ea4f3f78fa4', '\x811d0a4625324bd6301b7eca211bba1617092be39bbbe3252d5687e246c4e678', '\x011f82851953910320e432ceccea8ed043fd023491d7226daf6e8dad9f3cde6d5fe0cbdb13717404cff3', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (2, 1, '\x037222ce66c2cb42', 1, 'Clean Coast', 'CC', 'Chad', 'en', '\x015057317d47fa2c253a220f181eef71c9e98e34ddd87caa8f912a8dd0', '\x01cad329ed9c01b546499bb79c73867e2082585304557997dd72c0ee839883bbdd31ca40d4b00a6bf3c61a35c30962d1f42bbb0b448c', '\x0289bd4e1b3c621461f0ae4fd47673524a56f86f221c2045d206a3c355fc5bca', '\x0129db2ce443fbf4aec43e8465c7b52b0836b6650639adbeeb6a763570', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (3, 1, '\x2edd69912e6fb2bd', 1, 'Women & Water’s Étoile', 'WWE', 'Chad', 'en', '\x0138959cd9429c282f8aacf83b28762c7c1e4cc974818bf7256932ba0c', '\x0103d9b2c8c58e8bf577430169e559fbfc3e330e053369d558c3368fa40b4fa1d9e34aa128924ac6a98f2ecf95cbd17c13532693608b77', '\x626f8635dd13547320c3c79ee96ee3237869a76083b6cc0745153134aaa06de5', '\x010f731a558d5e1fe8670c303b073987efbdfb58767222816a94049ace5246ce6e103040e5ca12279e88b041d0486a0f', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.post VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.stranger VALUES (1, 1, 2, NULL, '\x3132333435363738', '\x018c7f3da3abb20ec7884c258bb4d0d9dc17bf156e327300fdc4c2e801fc9fd9f818414698d1a450c683bd2017', '\x011f71380445fdf01c2297e040d53e1bb7cbd3e2edfdfcbbf7b001d7e5c401d8', '\x011440e346835ae1f8bdb97ec16713ff47d1e3ad018196fb815aaeff531770adc8', 'en', '\x01ebcd505876149390806d3768bd1f1a87595883e7001839bcc664f487', '\x01eb5e51bf81157b6fd4a41ab834b8ced1dae3988d05f52c4a64d209245bf22f2658d9d7987facbe644666a9a029f9c2b60a81e2db8edf', '\x7878787878787878787878787878787878787878787878787878787878787878', '2026-11-29 03:17:41.846032+07', NULL, NULL);
INSERT INTO public.suppression VALUES (1, '\x7979797979797979797979797979797979797979797979797979797979797979', '2026-11-29 03:17:41.01529+07', 'bounce');
SELECT pg_catalog.setval('public.addressee_id_seq', 1, true);
SELECT pg_catalog.setval('public.answer_id_seq', 2, true);
SELECT pg_catalog.setval('public.campaign_id_seq', 1, true);
SELECT pg_catalog.setval('public.event_id_seq', 4, true);
SELECT pg_catalog.setval('public.letter_id_seq', 1, true);
SELECT pg_catalog.setval('public.mail_id_seq', 4, true);
SELECT pg_catalog.setval('public.partner_id_seq', 3, true);
SELECT pg_catalog.setval('public.seal_id_seq', 1, false);
SELECT pg_catalog.setval('public.stranger_id_seq', 1, true);
SELECT pg_catalog.setval('public.suppression_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.addressee
    ADD CONSTRAINT pk_addressee PRIMARY KEY (id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT pk_answer PRIMARY KEY (id);
ALTER TABLE ONLY public.campaign
    ADD CONSTRAINT pk_campaign PRIMARY KEY (id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT pk_event PRIMARY KEY (id);
ALTER TABLE ONLY public.letter
    ADD CONSTRAINT pk_letter PRIMARY KEY (id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT pk_mail PRIMARY KEY (id);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT pk_partner PRIMARY KEY (id);
ALTER TABLE ONLY public.post
    ADD CONSTRAINT pk_post PRIMARY KEY (id);
ALTER TABLE ONLY public.seal
    ADD CONSTRAINT pk_seal PRIMARY KEY (id);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT pk_stranger PRIMARY KEY (id);
ALTER TABLE ONLY public.suppression
    ADD CONSTRAINT pk_suppression PRIMARY KEY (id);
ALTER TABLE ONLY public.addressee
    ADD CONSTRAINT uq_addressee_letter_id_position UNIQUE (letter_id, "position");
ALTER TABLE ONLY public.campaign
    ADD CONSTRAINT uq_campaign_slug UNIQUE (slug);
ALTER TABLE ONLY public.letter
    ADD CONSTRAINT uq_letter_campaign_id_version UNIQUE (campaign_id, version);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT uq_mail_key UNIQUE (key);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT uq_partner_campaign_id_ref UNIQUE (campaign_id, ref);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT uq_partner_ref UNIQUE (ref);
ALTER TABLE ONLY public.seal
    ADD CONSTRAINT uq_seal_campaign_id_number_rendition_language_format UNIQUE (campaign_id, number, rendition, language, format);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT uq_stranger_mail_id UNIQUE (mail_id);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT uq_stranger_ref UNIQUE (ref);
ALTER TABLE ONLY public.suppression
    ADD CONSTRAINT uq_suppression_email_hmac UNIQUE (email_hmac);
CREATE INDEX ix_event_campaign_id_at ON public.event USING btree (campaign_id, at);
CREATE INDEX ix_mail_campaign_id_kind ON public.mail USING btree (campaign_id, kind);
CREATE INDEX ix_mail_due ON public.mail USING btree (urgency, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX ix_mail_partner_id ON public.mail USING btree (partner_id);
CREATE INDEX ix_mail_sent ON public.mail USING btree (sent_at) WHERE (sent_at IS NOT NULL);
CREATE INDEX ix_partner_campaign_id_email_hmac ON public.partner USING btree (campaign_id, email_hmac);
CREATE INDEX ix_stranger_campaign_id_at ON public.stranger USING btree (campaign_id, at);
CREATE INDEX ix_stranger_email_hmac_at ON public.stranger USING btree (email_hmac, at);
CREATE UNIQUE INDEX uq_answer_standing ON public.answer USING btree (partner_id) WHERE (superseded_at IS NULL);
CREATE UNIQUE INDEX uq_mail_living_letter ON public.mail USING btree (addressee_id) WHERE (((kind)::text = 'letter'::text) AND (cancelled_at IS NULL));
ALTER TABLE ONLY public.addressee
    ADD CONSTRAINT fk_addressee_letter_id FOREIGN KEY (letter_id) REFERENCES public.letter(id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT fk_answer_letter_id FOREIGN KEY (letter_id) REFERENCES public.letter(id);
ALTER TABLE ONLY public.answer
    ADD CONSTRAINT fk_answer_partner_id FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT fk_event_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT fk_event_partner_id FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.letter
    ADD CONSTRAINT fk_letter_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT fk_mail_addressee_id FOREIGN KEY (addressee_id) REFERENCES public.addressee(id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT fk_mail_answer_id FOREIGN KEY (answer_id) REFERENCES public.answer(id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT fk_mail_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.mail
    ADD CONSTRAINT fk_mail_partner_id FOREIGN KEY (partner_id) REFERENCES public.partner(id);
ALTER TABLE ONLY public.partner
    ADD CONSTRAINT fk_partner_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.seal
    ADD CONSTRAINT fk_seal_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT fk_stranger_campaign_id FOREIGN KEY (campaign_id) REFERENCES public.campaign(id);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT fk_stranger_mail_id FOREIGN KEY (mail_id) REFERENCES public.mail(id);
ALTER TABLE ONLY public.stranger
    ADD CONSTRAINT fk_stranger_partner_id FOREIGN KEY (partner_id) REFERENCES public.partner(id);
