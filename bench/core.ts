import { type Options, readOptions, usage } from './options.ts';
import { describeMachine, renderLoad, renderSection, type Section, writeJson } from './report.ts';
import { measureCallbacks } from './sections/callbacks.ts';
import { checkMessages } from './sections/chat-checks.ts';
import { openChatRig } from './sections/chat-rig.ts';
import { measureEndToEnd } from './sections/end-to-end.ts';
import { checkFileLimit, measureIdle } from './sections/idle.ts';
import { measureLatency } from './sections/latency.ts';

/** What the server's core can carry, each figure beside a reference of the same run. See bench/README.md. */
async function main(): Promise<void> {
  const options = optionsOrExit();
  const startedAt = Date.now();
  const machine = describeMachine();
  if (options.only.includes('idle')) checkFileLimit(options.idleConnections);
  process.stdout.write(
    `Parley core benchmark, ${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC\n` +
      `${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, ${machine.platform}, Node ${machine.node}\n` +
      `Server, load client and references share these cores. Figures are the middle of ${options.rounds} rounds, taken in turn with\n` +
      `their references; a ratio says more than a figure, because the machine was the same for both.\n${renderLoad(machine)}\n`,
  );
  const sections: Section[] = [];
  for await (const section of measure(options)) {
    process.stdout.write(renderSection(section));
    sections.push(section);
  }
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  process.stdout.write(`\n${seconds} s in all.\n`);
  if (options.json !== undefined) {
    await writeJson(options.json, { startedAt, seconds, machine, options, sections });
  }
  if (sections.some((section) => section.checks.some((check) => !check.holds))) process.exitCode = 1;
}

async function* measure(options: Options): AsyncGenerator<Section> {
  const wants = new Set(options.only);
  if (wants.has('end-to-end') || wants.has('latency')) yield* measureChat(options);
  if (wants.has('idle')) yield await measureIdle(options);
  if (wants.has('webhook')) yield await measureCallbacks('webhook', options);
  if (wants.has('wechat')) yield await measureCallbacks('wechat', options);
}

/** Both sections drive the same sockets; the messages of both are counted at the end. */
async function* measureChat(options: Options): AsyncGenerator<Section> {
  await using rig = await openChatRig(options);
  const sections: Section[] = [];
  if (options.only.includes('end-to-end')) sections.push(await measureEndToEnd(rig, options));
  if (options.only.includes('latency')) sections.push(await measureLatency(rig, options));
  const checks = await checkMessages(rig);
  for (const [index, section] of sections.entries()) {
    yield index === sections.length - 1 ? { ...section, checks } : section;
  }
}

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}\n`);
    process.exit(2);
  }
}

await main();
