import { parentPort, workerData } from 'node:worker_threads';
import type { StaffingInput } from './staffing.ts';
import { type CheckOptions, checkStaffing } from './staffing-check.ts';

/** The thread that reckons one plan: it simulates for seconds, and nobody's message must wait for that. */
const { input, options } = workerData as { input: StaffingInput; options: CheckOptions };
parentPort?.postMessage(checkStaffing(input, options));
