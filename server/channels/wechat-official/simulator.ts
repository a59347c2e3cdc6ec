import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  type PushOutcome,
  type SimulatedAccount,
  startWechatSimulator,
  type WechatSimulator,
} from './simulated-platform.ts';

const usage =
  'npm run sim -- wechat-official --callback http://127.0.0.1:8080/hooks/<channel id> [--port 9100] [--mode plain|compatible|safe]';

const help = `Type a line: the follower writes it. Commands:
  /image /voice /video   the follower sends one
  /location              the follower sends a place
  /event subscribe       an event (subscribe, unsubscribe, SCAN key, CLICK key, VIEW url)
  /menu 101 Yes          the follower presses this entry of a menu message
  /as NAME               another follower writes from now on
  /verify                checks the callback address, as the platform does when it is saved
  /error 45047           the next call of the interface is answered with this code
  /status 502            the next call is answered with this HTTP status
  /hang  /reset  /lost   the next call gets no answer; its connection breaks; it is taken and then breaks
  /revoke                the access token ends
  /help  /quit
`;

type Fields = Readonly<Record<string, string>>;

/**
 * The platform by hand: what is typed is what the follower does, what the account answers is printed. Runs until
 * `/quit` or the end of the input.
 *
 * @throws Error with the usage, or when the port is in use
 */
export async function runSimulator(args: string[]): Promise<void> {
  const { callback, port, mode } = readArgs(args);
  const simulator = await startWechatSimulator({
    port,
    account: { mode },
    onSent: ({ touser, msgtype, body }) =>
      process.stdout.write(`  → to ${touser}: ${msgtype} ${JSON.stringify(body[msgtype])}\n`),
  });
  const { account } = simulator;
  process.stdout.write(`The simulated platform runs. Settings for the channel's form:
  API address     ${simulator.url}
  AppID           ${account.appId}
  AppSecret       ${account.appSecret}
  Token           ${account.token}
  EncodingAESKey  ${account.encodingAesKey}
  Message mode    ${account.mode}
  Original id     ${account.originalId}

${help}`);
  try {
    await converse(simulator, callback);
  } finally {
    await simulator[Symbol.asyncDispose]();
  }
}

function readArgs(args: string[]): { callback: string; port: number; mode: SimulatedAccount['mode'] } {
  const { values } = parseArgs({
    args,
    options: {
      callback: { type: 'string' },
      port: { type: 'string', default: '9100' },
      mode: { type: 'string', default: 'safe' },
    },
  });
  const { callback, mode } = values;
  const port = Number(values.port);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535;
  const isMode = mode === 'plain' || mode === 'compatible' || mode === 'safe';
  if (callback === undefined || !URL.canParse(callback) || !isPort || !isMode) throw new Error(`usage: ${usage}`);
  return { callback, port, mode };
}

async function converse(simulator: WechatSimulator, callback: string): Promise<void> {
  let follower = 'oSimulatedUser';
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  let isOpen = true;
  lines.once('close', () => {
    isOpen = false;
  });
  lines.prompt();
  for await (const line of lines) {
    const [command = '', ...words] = line.trim().split(/\s+/);
    if (command === '/quit') break;
    if (command === '/as') follower = words[0] ?? follower;
    else if (command === '/verify')
      say((await simulator.handshake(callback)) ? 'answered rightly' : 'not answered rightly');
    else if (!command.startsWith('/') || command in actions) {
      const fields = actions[command]?.(words, simulator) ?? { MsgType: 'text', Content: line };
      if (line.trim() !== '') say(told(await simulator.push(callback, { FromUserName: follower, ...fields })));
    } else if (!disturb(simulator, command, words)) process.stdout.write(help);
    if (isOpen) lines.prompt();
  }
  lines.close();
}

/** What a follower may do but write. */
const actions: Readonly<Record<string, (words: readonly string[], simulator: WechatSimulator) => Fields>> = {
  '/event': ([Event = '', EventKey = '']) => ({ MsgType: 'event', Event, EventKey }),
  '/menu': ([bizmsgmenuid = '', ...label]) => ({ MsgType: 'text', Content: label.join(' '), bizmsgmenuid }),
  '/location': () => ({
    MsgType: 'location',
    Location_X: '23.134521',
    Location_Y: '113.358803',
    Scale: '20',
    Label: '广州',
  }),
  '/image': (_, simulator) => ({
    MsgType: 'image',
    PicUrl: 'http://mmbiz.qpic.cn/simulated',
    MediaId: simulator.keepMedia({ bytes: picture, mimeType: 'image/png', fileName: 'picture.png' }),
  }),
  '/voice': (_, simulator) => ({
    MsgType: 'voice',
    Format: 'amr',
    MediaId: simulator.keepMedia({ bytes: Buffer.from('#!AMR\n'), mimeType: 'audio/amr', fileName: 'voice.amr' }),
  }),
  '/video': (_, simulator) => ({
    MsgType: 'video',
    MediaId: simulator.keepMedia({ bytes: Buffer.from('ftypisom'), mimeType: 'video/mp4', fileName: 'video.mp4' }),
  }),
};

/** Spoils what comes next; answers whether the command is known. */
function disturb(simulator: WechatSimulator, command: string, [number]: readonly string[]): boolean {
  const code = Number(number);
  if (command === '/revoke') simulator.revokeToken();
  else if (command === '/hang') simulator.inject('hang');
  else if (command === '/reset') simulator.inject('reset');
  else if (command === '/lost') simulator.inject('accept-and-reset');
  else if (command === '/error' && Number.isInteger(code)) simulator.inject({ errcode: code });
  else if (command === '/status' && code >= 200 && code <= 599) simulator.inject({ status: code });
  else return false;
  return true;
}

function told({ result, attempts, statuses }: PushOutcome): string {
  return result === 'accepted'
    ? `accepted at attempt ${attempts}`
    : `the user reads: 该公众号暂时无法提供服务，请稍后再试; answers: ${statuses.join(', ')}`;
}

function say(text: string): void {
  process.stdout.write(`  (${text})\n`);
}

/** One red pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
