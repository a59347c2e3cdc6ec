import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text as readText } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingProgram } from '../../server/testing/child-server.ts';
import type { SlowReadersOutcome } from '../support/slow-readers.ts';

const readers = 1_000;
/** The system's own buffers are made small, or they would take in megabytes for each socket before the server knew. */
const bufferBytes = '4096 16384 32768';
/** Of the whole process. A thousand times the mebibyte that one reader alone may leave unread would be far more. */
const maxMiB = 640;

const script = fileURLToPath(new URL('../support/slow-readers.ts', import.meta.url));
/** A network of its own, so that no other test's sockets have such buffers. */
const inOwnNetwork = `ip link set lo up && echo ${bufferBytes} > /proc/sys/net/ipv4/tcp_wmem && echo ${bufferBytes} > /proc/sys/net/ipv4/tcp_rmem && exec "$0" "$@"`;

test(`${readers} windows that read nothing are cut off in bounded memory, the others are served meanwhile, and who comes back finds what it missed`, {
  skip: missingProgram(existsSync('/usr/bin/ip'), 'iproute2'),
  timeout: 240_000,
}, async (t) => {
  const args = ['--map-root-user', '--net', 'sh', '-c', inOwnNetwork, process.execPath, script, String(readers)];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const [output, [code]] = await Promise.all([readText(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0, output);
  const outcome: SlowReadersOutcome = JSON.parse(output);

  t.diagnostic(
    `${outcome.cutOff} of ${readers} cut off while ${outcome.acknowledged} messages were acknowledged, those of the others within ${outcome.medianMs.toFixed(0)} ms in the middle and ${outcome.longestMs.toFixed(0)} ms at most`,
  );
  t.diagnostic(
    `memory of the process: ${outcome.firstMiB.toFixed(0)} MiB before, ${outcome.peakMiB.toFixed(0)} MiB at most; those that came back were whole ${(outcome.wholeAgainMs / 1_000).toFixed(1)} s after they began to read`,
  );
  assert.equal(outcome.cutOff, readers, 'not tested: some read on');
  assert.equal(outcome.othersCutOff, 0);
  assert.ok(outcome.peakMiB < maxMiB, `the process held ${outcome.peakMiB.toFixed(0)} MiB`);
});
