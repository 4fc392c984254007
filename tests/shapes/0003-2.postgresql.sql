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
    cancelled_at timestamp with time zone
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
    proposed json
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
INSERT INTO public.alembic_version VALUES ('0003');
INSERT INTO public.answer VALUES (2, 1, 1, 'sign', 'public', '\x01ec1800a90474d5b02f5cf3cf86785746e21313730cb0c9788c8ef8acb82029', '\x01c985907b90deb0d1cb61f633f9fb3a860f6c0169742a729d28eaad2420769c6e94', '\x01ebbfbae9455b3c9a3b2e9be22eece8bef70c07739d5cc7453b9bfd3d', 'en', 'by hand', '\x01a1fb996b89411e3074c7f7d5c5961325f1ef0acdc6caab67dda7f8bfa9b17aacaacdd34fd3f0', '2026-11-29 03:17:24.741742+07', NULL, '\x0106f4200cc0717d0ff275cff8be3a3d73c3c82fd167593f3ecca41b7c');
INSERT INTO public.campaign VALUES (1, 'rivers', '{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "show_signers": "nobody", "public_page": "never", "join": "closed", "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}', '2036-12-01 00:00:00+07', '2026-11-29 03:17:22.868185+07', '2026-11-29 03:17:22.868185+07', NULL, NULL, NULL, NULL);
INSERT INTO public.event VALUES (1, 1, NULL, '2026-11-29 03:17:22.876504+07', 'organizer', 'launched with 3 partners');
INSERT INTO public.event VALUES (2, 1, NULL, '2026-11-29 03:17:23.826506+07', 'clock', 'invited 3 partners');
INSERT INTO public.event VALUES (4, 1, 1, '2026-11-29 03:17:24.745421+07', 'organizer', 'sign');
INSERT INTO public.letter VALUES (1, 1, 1, 1, '{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}', '05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
INSERT INTO public.mail VALUES (2, 'rivers/invitation/partner-2/1', 'invitation', 3, 1, 2, NULL, NULL, NULL, 'en', '<64ab4fcec6a04fe81be9da536f6722c3@127.0.0.1>', '2026-11-29 03:17:23.813818+07', NULL, '2026-11-29 03:18:22.868185+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (3, 'rivers/invitation/partner-3/1', 'invitation', 3, 1, 3, NULL, NULL, NULL, 'en', '<03ed2bf8efdad92c6b7008cd1bc7f30b@127.0.0.1>', '2026-11-29 03:17:23.813818+07', NULL, '2026-11-29 03:18:22.868185+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (1, 'rivers/invitation/partner-1/1', 'invitation', 3, 1, 1, NULL, NULL, NULL, 'en', '<b99522b577d9b00343fde5b168421324@127.0.0.1>', '2026-11-29 03:17:23.813818+07', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-11-29 03:17:24.744569+07', NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (4, 'rivers/receipt/partner-1/2', 'receipt', 1, 1, 1, NULL, 2, NULL, 'en', '<d41414a2be47bf35d17723183cbaf4f9@127.0.0.1>', '2026-11-29 03:17:25.603537+07', NULL, '2026-11-29 03:17:25.603537+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.partner VALUES (1, 1, '\x54c2bc788d1d741f', 1, 'River Watch', 'RW', 'Canada', 'en', '\x013fab4d659dd86a40552d92e64708cc637d575f2bce03224e30befa23', '\x01446e62f0198147924b8dad3d4caba70a93c58a360463f240ab832ee423cc025d9fe60e6003f0d77a0fb86d7a88c3cc729c952cc2e0', '\x811d0a4625324bd6301b7eca211bba1617092be39bbbe3252d5687e246c4e678', '\x01fcd5ac2e3ac67ef6048581549bd7f3bf8907529bbbe451a599cc3a74cd338690a18d6829317f6c09f1', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (2, 1, '\xe64cc908992e3ff9', 1, 'Clean Coast', 'CC', 'Chad', 'en', '\x0107f6da1fffed5533b84128e7c817578eb209d157faa0146b24042f0d', '\x0161610e11563bc92bb954ebfc6dc665e775d401128fd1546c83da1e2d074c2444e03595761872c79f1f931a6a4cf350b611efb7dc74', '\x0289bd4e1b3c621461f0ae4fd47673524a56f86f221c2045d206a3c355fc5bca', '\x017d9d15d49ebc723dbdb9cb51bd6d21e27ddfbaf3aa59471d7ea5d33d', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (3, 1, '\x9d0052521095c1d6', 1, 'Women & Water’s Étoile', 'WWE', 'Chad', 'en', '\x01644f587569137f2735551baa76c7e65e5d1fba92d1585ca40504336e', '\x011187956a770ef8bbeaf2bbeb7f9fa03838be3a4d18c12bd190bdb7505107b929577ce4928c11bfc71647f999363fa921c2ff6570376b', '\x626f8635dd13547320c3c79ee96ee3237869a76083b6cc0745153134aaa06de5', '\x019973adb1927eed93631bba6b863c8b1b32eea7b456bbdde3b66c4a26b1f588969de85478ec2cee9d4aebba8a29f8ba', NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.post VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.stranger VALUES (1, 1, 2, NULL, '\x3132333435363738', '\x017582a840eded5878273227b432a43d57e0f8ff686b6e2ccb97efccd130d3bff4cc3b4ffa53d93b266389c8a5', '\x01ff445e3f7806b1b72bd352f0ab17df5a82ad83377aa50c6de3d162647c53bb', '\x01df38324f6e28352b32e18ce26bf77dd1f3d960bdcbb607e7b0c4ea2ff8491637', 'en', '\x016c407aeab000a969676ca4bd1b7f046ca3e477264604077112bff5af', '\x01a6f8e0967f728f771021f62f11570dff41154b695cb428976f39ccb6cf932598d3337bf407f7c0efbbe49d26173c802498c0bbed131a', '\x7878787878787878787878787878787878787878787878787878787878787878', '2026-11-29 03:17:26.651654+07', NULL, NULL);
INSERT INTO public.suppression VALUES (1, '\x7979797979797979797979797979797979797979797979797979797979797979', '2026-11-29 03:17:26.13613+07', 'bounce');
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
