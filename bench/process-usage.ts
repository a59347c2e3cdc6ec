import { readFileSync } from 'node:fs';
import type { Cluster } from '../server/testing/cluster.ts';

/** Linux counts a process's CPU time in ticks of 10 ms (USER_HZ, a constant of its interface). */
const tickMs = 10;

/**
 * CPU time that a process has used, all its threads together, user and system.
 * @param pid of a process on this machine; Linux only
 */
export function cpuMs(pid: number): number {
  const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** The name may hold spaces and brackets; what follows its last bracket is separated by spaces. */
function afterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
}

/** Memory of a process that lies in the machine's own now. */
export function residentBytes(pid: number): number {
  const text = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(text) * 1_024;
}

/** How many files (sockets included) this process and its children may have open. */
export function openFileLimit(): number {
  const text = /Max open files\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

/** The processes of an installation with both its servers, but for the load balancer. */
export function serverPids({ nodes, mariadb, redis }: Cluster): number[] {
  return [...nodes.map(({ process: { pid } }) => pid), mariadb.server.pid, ...redis.nodes.map(({ pid }) => pid)];
}
