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
    note bytea NOT NULL
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
INSERT INTO public.answer VALUES (1, 1, 1, 'sign', 'public', '\x6741414141414272437a616b577743454e6b6641644b576669464f665941473138596757466d6f44666e6c70654a42765f72594869684959523145583931466a47334475664361796b614e664c674b6f6b5774314f36436d7855315a587957346a773d3d', '\x6741414141414272437a616b626b775537326e577866564f376b4c594d375a73436376734d5f367449675f6d39644c7265515138426144356256374c7447373476376c46496666355638387a51634a3469496b714e4b4362624444655369374234513d3d', '\x6741414141414272437a616b4e7a354143354f3964734636657a4557436373616668557a6379576f7077474839496d484a746250434743563847375138514e5078474468765f4d5749657532643148644d6a4258373466677a38336f676c314751673d3d', 'en', 'by hand', '\x6741414141414272437a616b674b774847517075505a6d47657048776f7933756e785a6330455553656b5f69716a34376b5533695538714741457835416b4c6c57654d38696f46704e6e77473669777675796832314331634a4d39466c735f4875773d3d', '2026-11-29 03:16:36.947192+07', NULL);
INSERT INTO public.campaign VALUES (1, 'rivers', '{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}', '2036-12-01 00:00:00+07', '2026-11-29 03:16:35.26558+07', '2026-11-29 03:16:35.26558+07', NULL, NULL, NULL, NULL);
INSERT INTO public.event VALUES (1, 1, NULL, '2026-11-29 03:16:35.274536+07', 'organizer', 'launched with 3 partners');
INSERT INTO public.event VALUES (2, 1, NULL, '2026-11-29 03:16:36.096442+07', 'clock', 'invited 3 partners');
INSERT INTO public.event VALUES (3, 1, 1, '2026-11-29 03:16:36.955447+07', 'organizer', 'sign');
INSERT INTO public.letter VALUES (1, 1, 1, 1, '{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}', '05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
INSERT INTO public.mail VALUES (2, 'rivers/invitation/partner-2/1', 'invitation', 3, 1, 2, NULL, NULL, NULL, 'en', '<551911f965348becb124c5ff084d1011@127.0.0.1>', '2026-11-29 03:16:36.087553+07', NULL, '2026-11-29 03:16:36.087553+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mail VALUES (3, 'rivers/invitation/partner-3/1', 'invitation', 3, 1, 3, NULL, NULL, NULL, 'en', '<a3fd437c8caf80a310fdf2b77d51bf5b@127.0.0.1>', '2026-11-29 03:16:36.087553+07', NULL, '2026-11-29 03:16:36.087553+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.mail VALUES (1, 'rivers/invitation/partner-1/1', 'invitation', 3, 1, 1, NULL, NULL, NULL, 'en', '<5d6c42df4910b3799e91f85ee1d2a12a@127.0.0.1>', '2026-11-29 03:16:36.087553+07', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-11-29 03:16:36.953083+07', NULL);
INSERT INTO public.mail VALUES (4, 'rivers/receipt/partner-1/1', 'receipt', 1, 1, 1, NULL, 1, NULL, 'en', '<eecf3aa2df13cfaf0f5c72edffaeba0d@127.0.0.1>', '2026-11-29 03:16:37.657745+07', NULL, '2026-11-29 03:16:37.657745+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.partner VALUES (1, 1, '\x66bcb7dd3b1ffa59', 1, 'River Watch', 'RW', 'Canada', 'en', '\x6741414141414272437a616a7233375267473445746c4d73397364743230395733427a6b6a766e51633243374b30774c3267333258325a35377a6436316f5131413136626b706832722d6b5a51564451766c70554f7843346347315f6d43726270673d3d', '\x6741414141414272437a616a35574d5a63594963617545584f3352307a4551495856334b71504b4a554a7a50414539305575445a356467396a5642434d794a50716f4b37614951313647614151366169675952685362386a796e306457444e7a4b57784e304a446731596e4567723542376774386d56413d', '\x811d0a4625324bd6301b7eca211bba1617092be39bbbe3252d5687e246c4e678', '\x6741414141414272437a616a5279306b78574c3673684f37687475563434427448764d5741565846366745756452513436476f3943334971665978665832564c6757624d42537074726f75443339364e464b734d39596e66686a664d456376374f513d3d');
INSERT INTO public.partner VALUES (2, 1, '\xdd551f2b0b42fcdb', 1, 'Clean Coast', 'CC', 'Chad', 'en', '\x6741414141414272437a616a6e70446b6b6a753441454338376f4b694572736a38624a7845397267795f33434d565476793579376a5658476d4442565971475f545a47594d6b546e6d7a6872724577665264316f444635635f59567376786f5563773d3d', '\x6741414141414272437a616a2d4e35483239384d6e694941746d62344768705f726f595777594730665356486473414e526979503653566e345a6539445f6a4c574657536d7237586e684f4a744e434d47676c493873715f4252733731594936774a78514e566456697a617338713453577779353553553d', '\x0289bd4e1b3c621461f0ae4fd47673524a56f86f221c2045d206a3c355fc5bca', '\x6741414141414272437a616a36636c6d494b52524c61746e6a414b4a583752705f68626a6c4a33724c747a64625a3069432d4846486b6f5f7246486d506d50423846586850633951614b3072612d3436446b4970764d4646504f3279485f784353773d3d');
INSERT INTO public.partner VALUES (3, 1, '\xa41db0e8858894f5', 1, 'Women & Water’s Étoile', 'WWE', 'Chad', 'en', '\x6741414141414272437a616a656f2d2d5274797555724231514e67315a4435677578363330526d594d454c7a31732d39596d784844753873523751757069436d6236526f716c556c66424a6e307339676339306e69697569326467566763514e30673d3d', '\x6741414141414272437a616a7a5a396e526b644f5271615f507077365772694d6e416f7051426f4f7a6d4a713341497139453961497a6b5030364a6835456862514a456a7073786a556371615f5346527641524969634767544f663266513370785955574c393731626e59477a5151754370754c2d76453d', '\x626f8635dd13547320c3c79ee96ee3237869a76083b6cc0745153134aaa06de5', '\x6741414141414272437a616a71764a554a6864506b4b6d384f47676b6a765042446b77614c47537a4f32305f4947326c6c48355249637246306d584d626a632d63694f4350535658437a6c643667306430613244626e36597a376e6c6857476e48476e5757653133654c425065316731637674647363413d');
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
