// Mails for so many partners through nodemailer's pool; prints the seconds for each.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const nodemailer = createRequire(`${process.cwd()}/`)("nodemailer");
const { port, mails, sender, plain, html } = JSON.parse(readFileSync(0, "utf8"));
const WARM = 100;

const partner = (_, number) => ({
  name: `Organization ${number}`,
  email: `office@partner-${number}.example`,
  link: `https://letters.example/s/${number}`,
});

const invitation = ({ name, email, link }) => ({
  from: { name: "The organizers", address: sender },
  to: { name, address: email },
  replyTo: sender,
  subject: `An invitation to ${name}`,
  text: `${name}\n\n${plain}\n\n${link}\n`,
  html: `<p>${name}</p>\n${html}\n<p><a href="${link}">${link}</a></p>\n`,
});

const transport = nodemailer.createTransport({ host: "127.0.0.1", port, pool: true, maxConnections: 5 });
const send = (partners) => Promise.all(partners.map((each) => transport.sendMail(invitation(each))));

await send(Array.from({ length: Math.min(WARM, mails) }, partner));
const partners = Array.from({ length: mails }, partner);
const begun = performance.now();
await send(partners);
console.log((performance.now() - begun) / 1000 / mails);
transport.close();
