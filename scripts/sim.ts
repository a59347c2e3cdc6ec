import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm run sim -- <channel type> …`: the platform's simulator, by hand.
const channels = join(dirname(fileURLToPath(import.meta.url)), '../server/channels');
const [type = '', ...args] = process.argv.slice(2);
const simulators = readdirSync(channels).filter((name) => existsSync(join(channels, name, 'simulator.ts')));
if (!simulators.includes(type)) {
  process.stderr.write(
    `usage: npm run sim -- <channel type> [options]\nChannel types with a simulator: ${simulators.join(', ')}\n`,
  );
  process.exit(2);
}
const { runSimulator } = (await import(`../server/channels/${type}/simulator.ts`)) as {
  runSimulator(args: string[]): Promise<void>;
};
try {
  await runSimulator(args);
} catch (error) {
  // A wrong option or a port in use: what to do stands in the message, where the stack only hides it.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
