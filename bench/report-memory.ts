import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into a server by `--import`: on SIGUSR2 it collects garbage and writes `process.memoryUsage()` as one line of
 * JSON to stderr.
 */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  collect();
  process.stderr.write(`${JSON.stringify({ memoryUsage: process.memoryUsage() })}\n`);
});
