import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { type Mood, type OtherSystem, type ReceivedPost, startOtherSystem } from './other-system.ts';

const usage = `npm run sim -- webhook --callback URL --secret whsec_… [--out-secret whsec_…] [--port 9200] [--contact user-42]

  --callback    the channel's callback address, as the console shows it
  --secret      its secret for incoming requests
  --out-secret  its secret for outgoing requests; the same one when absent`;

const help = `A line is a message of the customer. Commands:
  /as ID [NAME]     write as this contact
  /image URL        send an image
  /typing           start to type
  /read             read all that came so far
  /again            repeat the last request under the same webhook-id
  /429 [SECONDS]    answer the next request with 429 and Retry-After; /500, /410, /404 … likewise
  /timeout          do not answer the next request
  /quit`;

interface Session {
  readonly system: OtherSystem;
  readonly callbackUrl: string;
  contact: { externalId: string; name?: string };
  last: { event: object; webhookId: string } | undefined;
  sent: number;
}

/**
 * The other end of a webhook channel by hand: what is typed goes in as a customer's message, what agents answer is
 * verified and printed. Runs until `/quit` or the end of the input.
 */
export async function runSimulator(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      callback: { type: 'string' },
      secret: { type: 'string' },
      'out-secret': { type: 'string' },
      port: { type: 'string', default: '9200' },
      contact: { type: 'string', default: 'user-42' },
    },
  });
  if (values.callback === undefined || values.secret === undefined) throw new Error(usage);
  const outboundSecret = values['out-secret'];
  const system = await startOtherSystem({
    secret: values.secret,
    port: Number(values.port),
    onRequest: (post) => console.log(describePost(post)),
    ...(outboundSecret !== undefined && { outboundSecret }),
  });
  console.log(`Listens at ${system.url}: enter it as the channel's address of the other system.\n${help}`);
  const session: Session = {
    system,
    callbackUrl: values.callback,
    contact: { externalId: values.contact },
    last: undefined,
    sent: 0,
  };
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let isOpen = true;
  lines.once('close', () => {
    isOpen = false;
  });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '/quit') break;
    console.log(await obey(session, line.trim()).catch((error: unknown) => `! ${error}`));
    if (isOpen) lines.prompt();
  }
  lines.close();
  await system.close();
}

function describePost({ verified, event, webhookId, answered }: ReceivedPost): string {
  if (verified !== true) return `< refused with 401: ${verified}`;
  const fate = answered === 200 ? '' : answered === 0 ? ' (not answered)' : ` (answered ${answered})`;
  return `< ${event.type} ${webhookId}${fate}: ${JSON.stringify(event.data?.content ?? event.data)}`;
}

/** Carries out one line and says what came of it. */
async function obey(session: Session, line: string): Promise<string> {
  const [command = '', ...words] = line.split(/\s+/);
  const argument = words.join(' ');
  if (line === '') return help;
  if (!command.startsWith('/')) return send(session, 'message.created', { content: { type: 'text', text: line } });
  if (/^\/\d{3}$/.test(command)) return setMood(session, Number(command.slice(1)), words[0]);
  switch (command) {
    case '/as':
      session.contact = {
        externalId: words[0] ?? 'user-42',
        ...(words[1] !== undefined && { name: words.slice(1).join(' ') }),
      };
      return `Writes as ${session.contact.externalId}.`;
    case '/image':
      return send(session, 'message.created', { content: { type: 'image', url: argument } });
    case '/typing':
      return send(session, 'typing.started', {});
    case '/read':
      return send(session, 'receipt.read', { upTo: lastMessageId(session.system) });
    case '/again':
      return session.last === undefined
        ? 'Nothing was sent yet.'
        : post(session, session.last.event, session.last.webhookId);
    case '/timeout':
      return setMood(session, 'silence', undefined);
    default:
      return help;
  }
}

function setMood({ system }: Session, status: Mood['status'], retryAfterS: string | undefined): string {
  system.answerNext({ status, ...(retryAfterS !== undefined && { retryAfterS: Number(retryAfterS) }) });
  return `The next request gets ${status === 'silence' ? 'no answer' : status}.`;
}

function lastMessageId(system: OtherSystem): unknown {
  const last = system.received.findLast(({ event }) => event.type === 'message.created');
  return last?.event.data?.externalId;
}

function send(session: Session, type: string, data: object): Promise<string> {
  const timestamp = new Date().toISOString();
  session.sent++;
  const event = { type, timestamp, data: { contact: session.contact, ...data } };
  return post(session, event, `msg_${Date.now()}_${session.sent}`);
}

async function post(session: Session, event: object, webhookId: string): Promise<string> {
  session.last = { event, webhookId };
  const { status, body } = await session.system.post(session.callbackUrl, event, { webhookId });
  return `${status} ${body}`;
}
