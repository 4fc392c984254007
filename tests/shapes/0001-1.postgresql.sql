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
    CONSTRAINT ck_answer_choice CHECK (choice IN ('sign', 'decline', 'withdraw')),
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
    note text NOT NULL
);
CREATE SEQUENCE public.partner_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.partner_id_seq OWNED BY public.partner.id;
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
ALTER TABLE ONLY public.addressee ALTER COLUMN id SET DEFAULT nextval('public.addressee_id_seq'::regclass);
ALTER TABLE ONLY public.answer ALTER COLUMN id SET DEFAULT nextval('public.answer_id_seq'::regclass);
ALTER TABLE ONLY public.campaign ALTER COLUMN id SET DEFAULT nextval('public.campaign_id_seq'::regclass);
ALTER TABLE ONLY public.event ALTER COLUMN id SET DEFAULT nextval('public.event_id_seq'::regclass);
ALTER TABLE ONLY public.letter ALTER COLUMN id SET DEFAULT nextval('public.letter_id_seq'::regclass);
ALTER TABLE ONLY public.mail ALTER COLUMN id SET DEFAULT nextval('public.mail_id_seq'::regclass);
ALTER TABLE ONLY public.partner ALTER COLUMN id SET DEFAULT nextval('public.partner_id_seq'::regclass);
ALTER TABLE ONLY public.seal ALTER COLUMN id SET DEFAULT nextval('public.seal_id_seq'::regclass);
INSERT INTO public.addressee VALUES (1, 1, 1, 'Professor Ada Example', '{"": "Special Rapporteur on rivers"}', '{"": "Dear Professor Example,"}', '["Geneva"]', 'rapporteur@rivers.example', false);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.answer VALUES (1, 1, 1, 'sign', 'public', '\x6741414141414272437a616430574d32726d793972304a6c7231754e674f39584e4f524b5a504e6a455a683843614b4f707658614f744539796b4b5671616d45706c7859427144436c49582d4144527057437839356d4657763039495a47664946513d3d', '\x6741414141414272437a616466783369624e48743274305a57304d6869696f4739426a62556a6d675473634e4e425251706c6b325242476f397430697a7677776c435756687762674b666c772d674351792d77566f394575775350344338643234673d3d', '\x6741414141414272437a616456374c556f44786d4c5248646e55454642356d5832644675396a4338534c3355454a726f6c71445642544a3078696f31787a794f4444435a303855356e42333634592d4a6e664a574e7a5131474436335958555249673d3d', 'en', 'by hand', '\x6741414141414272437a61646669756a4c5143666c6462317039674b7a66336f6743413075476b6876514a43796d712d744a5f7762367a5f6553376e34463839497241446853713046437a4e344e432d31396c7757314134354639337165453768773d3d', '2026-11-29 03:16:29.784064+07', NULL);
INSERT INTO public.campaign VALUES (1, 'rivers', '{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}', '2036-12-01 00:00:00+07', '2026-11-29 03:16:28.115853+07', '2026-11-29 03:16:28.115853+07', NULL, NULL, NULL, NULL);
INSERT INTO public.event VALUES (1, 1, NULL, '2026-11-29 03:16:28.125123+07', 'organizer', 'launched with 3 partners');
INSERT INTO public.event VALUES (2, 1, NULL, '2026-11-29 03:16:28.952638+07', 'clock', 'invited 3 partners');
INSERT INTO public.event VALUES (3, 1, 1, '2026-11-29 03:16:29.792021+07', 'organizer', 'sign');
INSERT INTO public.letter VALUES (1, 1, 1, 1, '{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}', '05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
INSERT INTO public.mail VALUES (2, 'rivers/invitation/partner-2/1', 'invitation', 3, 1, 2, NULL, NULL, NULL, 'en', '<02ce281906d567b44fa3b96e9fcef3f7@127.0.0.1>', '2026-11-29 03:16:28.943201+07', NULL, '2026-11-29 03:16:28.943201+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mail VALUES (3, 'rivers/invitation/partner-3/1', 'invitation', 3, 1, 3, NULL, NULL, NULL, 'en', '<f2c4c1bb6e08757afd0007bd9ec972f2@127.0.0.1>', '2026-11-29 03:16:28.943201+07', NULL, '2026-11-29 03:16:28.943201+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mail VALUES (1, 'rivers/invitation/partner-1/1', 'invitation', 3, 1, 1, NULL, NULL, NULL, 'en', '<85c31d1dabdea09a54636221beafa57c@127.0.0.1>', '2026-11-29 03:16:28.943201+07', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-11-29 03:16:29.789861+07', NULL);
INSERT INTO public.mail VALUES (4, 'rivers/receipt/partner-1/1', 'receipt', 1, 1, 1, NULL, 1, NULL, 'en', '<40e352c622e43379896bf4c18d8748ce@127.0.0.1>', '2026-11-29 03:16:30.559225+07', NULL, '2026-11-29 03:16:30.559225+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (1, 1, '\x14981db975a9d600', 1, 'River Watch', 'RW', 'Canada', 'en', '\x6741414141414272437a6163574d446d394464496376724450624e74464438714d505f4c48415945772d42364566486c6468556432695663504f705871416346594d355954356f6d4d676574737032594f463369365470716969774e7a42346c75773d3d', '\x6741414141414272437a61636d4859487a30396b764167596847584c6b456a484b585f792d7430735073334e41756b6e53443549694a2d2d314f7562647545432d4e5a59596f73476a5a37506352444839577a55304d73336f6e4a4c41783372584430376c4956376a596e5970616c55687153313549593d', '\x811d0a4625324bd6301b7eca211bba1617092be39bbbe3252d5687e246c4e678', 'met in Geneva');
INSERT INTO public.partner VALUES (2, 1, '\xde954966a23f01de', 1, 'Clean Coast', 'CC', 'Chad', 'en', '\x6741414141414272437a61636e474869755f456f2d46527a524552775053326e547631557949717779583432745546667651554535396c6e4e5969765843365761766a6f47556a6972565448334b4e655171534f6d6b467a555076535f35395577413d3d', '\x6741414141414272437a6163517364745f3359492d755f67506e4b73793761664441764153526e4f4764687251483037326f446f5f3355476e302d3366735035526f654a785850677841665a51476a495267526f354f7736313870412d38594a44633033563669525f79366d775672374c4e31634368303d', '\x0289bd4e1b3c621461f0ae4fd47673524a56f86f221c2045d206a3c355fc5bca', '');
INSERT INTO public.partner VALUES (3, 1, '\x22a8e4e609aa39a1', 1, 'Women & Water’s Étoile', 'WWE', 'Chad', 'en', '\x6741414141414272437a61634a464139726f4c366e4941316f47656d4f594f583269694143454c493236526866364b667670346330554e6d6d5f4a46596672506572787644494467523978714a694877322d666f7152367842714f536f49426d71773d3d', '\x6741414141414272437a61637878487070634f364247725957495735723169726b574d7547646e4a326938556136485341675951542d53416373436a7a425074663650554a6b6e4d43626d2d75645874774d53522d3255755846445a7473475237394e482d5f54772d596141643141474a4c51515162593d', '\x626f8635dd13547320c3c79ee96ee3237869a76083b6cc0745153134aaa06de5', 'écrit à l’été');
SELECT pg_catalog.setval('public.addressee_id_seq', 1, true);
SELECT pg_catalog.setval('public.answer_id_seq', 1, true);
SELECT pg_catalog.setval('public.campaign_id_seq', 1, true);
SELECT pg_catalog.setval('public.event_id_seq', 3, true);
SELECT pg_catalog.setval('public.letter_id_seq', 1, true);
SELECT pg_catalog.setval('public.mail_id_seq', 4, true);
SELECT pg_catalog.setval('public.partner_id_seq', 3, true);
SELECT pg_catalog.setval('public.seal_id_seq', 1, false);
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
ALTER TABLE ONLY public.seal
    ADD CONSTRAINT pk_seal PRIMARY KEY (id);
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
CREATE INDEX ix_event_campaign_id_at ON public.event USING btree (campaign_id, at);
CREATE INDEX ix_mail_campaign_id_kind ON public.mail USING btree (campaign_id, kind);
CREATE INDEX ix_mail_due ON public.mail USING btree (urgency, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX ix_mail_partner_id ON public.mail USING btree (partner_id);
CREATE INDEX ix_partner_campaign_id_email_hmac ON public.partner USING btree (campaign_id, email_hmac);
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
