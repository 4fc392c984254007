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
    bounced_at timestamp with time zone
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
    retry_at timestamp with time zone,
    failures integer NOT NULL,
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
ALTER TABLE ONLY public.suppression ALTER COLUMN id SET DEFAULT nextval('public.suppression_id_seq'::regclass);
INSERT INTO public.addressee VALUES (1, 1, 1, 'Professor Ada Example', '{"": "Special Rapporteur on rivers"}', '{"": "Dear Professor Example,"}', '["Geneva"]', 'rapporteur@rivers.example', false);
INSERT INTO public.alembic_version VALUES ('0002');
INSERT INTO public.answer VALUES (2, 1, 1, 'sign', 'public', '\x6741414141414272437a61745139575749737248754f5169466e332d3876636649686c484c5379486f657475573578564973704a5370423174454b4a63486f54716c464c4631315a4f34455632736c6f7765567a6c33785f7666674f34776b7362673d3d', '\x6741414141414272437a61744e4f45724e62425750694d546c70354b5662497053667a4138586874383467505241496e484e6266415850486c313263346579684579513477724567346e306d315834377538794c6e79303356785a79416f702d41513d3d', '\x6741414141414272437a617470347a6e6e75706561574a394c3046475a634a5a636e4b4c6e734275317646586c486454672d495a50694b4968677646542d343971454333324e5247343072616a497745504d4f337579696e49324843356f626f37773d3d', 'en', 'by hand', '\x6741414141414272437a61744652555155734b45504749564c6d467530637550466d464c775661785943585933324231537276506d4e5f66505a4766654d51736134364e42304749735544454c63535f687232384e484a6f346c55454237733756773d3d', '2026-11-29 03:16:45.149133+07', NULL);
INSERT INTO public.campaign VALUES (1, 'rivers', '{"slug": "rivers", "title": "A letter of rivers", "authentic": "en", "deadline": "2036-11-30T17:00:00+00:00", "zone": "Europe/Zurich", "reply_to": "secretariat@rivers.example", "from_name": "Joint letters", "reminders": [259200], "quorum": 1, "review": 7200, "visibility": ["public", "addressee", "counted"], "sender": {"name": "River Coalition", "lines": ["on behalf of the undersigned organizations"]}, "addressee": [{"name": "Professor Ada Example", "office": "Special Rapporteur on rivers", "address": ["Geneva"], "salutation": "Dear Professor Example,", "email": "rapporteur@rivers.example", "copy": false}]}', '2036-12-01 00:00:00+07', '2026-11-29 03:16:43.343075+07', '2026-11-29 03:16:43.343075+07', NULL, NULL, NULL, NULL);
INSERT INTO public.event VALUES (1, 1, NULL, '2026-11-29 03:16:43.352893+07', 'organizer', 'launched with 3 partners');
INSERT INTO public.event VALUES (2, 1, NULL, '2026-11-29 03:16:44.205824+07', 'clock', 'invited 3 partners');
INSERT INTO public.event VALUES (4, 1, 1, '2026-11-29 03:16:45.152934+07', 'organizer', 'sign');
INSERT INTO public.letter VALUES (1, 1, 1, 1, '{"en": "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n"}', '05c31a858e5a90e995d06ebbf4b59380a29c60e0d2512e33da0ed9f8d768e748');
INSERT INTO public.mail VALUES (2, 'rivers/invitation/partner-2/1', 'invitation', 3, 1, 2, NULL, NULL, NULL, 'en', '<68d1ea5331fd13cf6223a2b4dd052f07@127.0.0.1>', '2026-11-29 03:16:44.196568+07', NULL, '2026-11-29 03:16:44.196568+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (3, 'rivers/invitation/partner-3/1', 'invitation', 3, 1, 3, NULL, NULL, NULL, 'en', '<d586b1011607bec3f728bf369b19b141@127.0.0.1>', '2026-11-29 03:16:44.196568+07', NULL, '2026-11-29 03:16:44.196568+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (1, 'rivers/invitation/partner-1/1', 'invitation', 3, 1, 1, NULL, NULL, NULL, 'en', '<ba1680d87d0edc8cdb99171fc79e1eec@127.0.0.1>', '2026-11-29 03:16:44.196568+07', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, '2026-11-29 03:16:45.151674+07', NULL, NULL, NULL, 1);
INSERT INTO public.mail VALUES (4, 'rivers/receipt/partner-1/2', 'receipt', 1, 1, 1, NULL, 2, NULL, 'en', '<5b1104c76bf314bf641d59ee66cf0826@127.0.0.1>', '2026-11-29 03:16:45.973094+07', NULL, '2026-11-29 03:16:45.973094+07', NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.partner VALUES (1, 1, '\xb9671a5bacc1cda8', 1, 'River Watch', 'RW', 'Canada', 'en', '\x6741414141414272437a61726b6e5a4e68383033544e47332d597a46734435364f4d6e5a5a3056367576776a724e723162454758454565774b334b42643068306c316f753566496b4864477564776e386d544731317a435f456f73644c53436341413d3d', '\x6741414141414272437a617230424967547362484e495955385355536b7a44413976644f776d4b765851445a575468443173345f6d486c444f6d6567344a52647a4d46446a4f52375f416b684d326674316d335145792d4e6663467757617248457a7a4c5a6d4b6d325836726e537a34523653375141553d', '\x811d0a4625324bd6301b7eca211bba1617092be39bbbe3252d5687e246c4e678', '\x6741414141414272437a617250727a742d424b5355504e6a567348586d6e6a46706f75624a4170534341476937426438466e68456f4d5a6935305643307a5065524c7763586a416a455f70517a4e384b744438704d70786c425a663845756c6866513d3d', NULL);
INSERT INTO public.partner VALUES (2, 1, '\x3df0c719d6d06da2', 1, 'Clean Coast', 'CC', 'Chad', 'en', '\x6741414141414272437a617245383832437a6334773332372d3255624e59554f7657493141515446376c4f597471314a39627955687951616643724b684f62652d322d316e614c45703576383176625941526d6e703253387a4c55503854573555413d3d', '\x6741414141414272437a61724f2d7a6d366453676a5f552d445969566a59546748784f7438465575467944686b364e314441464158334b2d42486a446149465246627a57745a2d486f57707859706754626259566161344b65395133756b6b7056624464515a7a706448526a4731414a4a4435487057733d', '\x0289bd4e1b3c621461f0ae4fd47673524a56f86f221c2045d206a3c355fc5bca', '\x6741414141414272437a6172763255474b424e784c61616a425455616835693455354858473278654a597444425378794533312d777862756b635767595841513437504a6955465037344872583367587944684e54673242694438367564324758673d3d', NULL);
INSERT INTO public.partner VALUES (3, 1, '\x3fbe1d71a152de9d', 1, 'Women & Water’s Étoile', 'WWE', 'Chad', 'en', '\x6741414141414272437a617265576e6353726b3933645a57624d5a7766796f432d514d5a74327475323972515f535052422d465355744f3769416d4363564c53736a43596b49654e5f505867386d5338552d705774335642335362427662467139413d3d', '\x6741414141414272437a61727a506642334c394e426f51373359576f4276463174655942455541717270416250737a78395463566566576d3731486e464a6954313633327262306a4231556e56314443333350346634646c59746d2d5355515a344971445f6f6832484e6d584a4b536359695644756a383d', '\x626f8635dd13547320c3c79ee96ee3237869a76083b6cc0745153134aaa06de5', '\x6741414141414272437a61724f576e6437704738307359526e5a736379796a74314756636659474e4c3072316a575a557a5473763942582d69725a76745a36614a434d726144647237465f3245564d6b546e556b596a6e6e4a456d4f416f7076796d6d376149775774385775382d736f4c70507061414d3d', NULL);
INSERT INTO public.post VALUES (1, NULL, NULL, NULL, NULL, 0, NULL);
INSERT INTO public.suppression VALUES (1, '\x7979797979797979797979797979797979797979797979797979797979797979', '2026-11-29 03:16:46.564799+07', 'bounce');
SELECT pg_catalog.setval('public.addressee_id_seq', 1, true);
SELECT pg_catalog.setval('public.answer_id_seq', 2, true);
SELECT pg_catalog.setval('public.campaign_id_seq', 1, true);
SELECT pg_catalog.setval('public.event_id_seq', 4, true);
SELECT pg_catalog.setval('public.letter_id_seq', 1, true);
SELECT pg_catalog.setval('public.mail_id_seq', 4, true);
SELECT pg_catalog.setval('public.partner_id_seq', 3, true);
SELECT pg_catalog.setval('public.seal_id_seq', 1, false);
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
ALTER TABLE ONLY public.suppression
    ADD CONSTRAINT uq_suppression_email_hmac UNIQUE (email_hmac);
CREATE INDEX ix_event_campaign_id_at ON public.event USING btree (campaign_id, at);
CREATE INDEX ix_mail_campaign_id_kind ON public.mail USING btree (campaign_id, kind);
CREATE INDEX ix_mail_due ON public.mail USING btree (urgency, due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX ix_mail_partner_id ON public.mail USING btree (partner_id);
CREATE INDEX ix_mail_sent ON public.mail USING btree (sent_at) WHERE (sent_at IS NOT NULL);
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
