/** What an error of MySQL, MariaDB or of the line to them means to whoever asked. */
export type MysqlFault =
  /** Nothing happened, and the same again will do: a deadlock, a lock waited for too long, a key taken by a race. */
  | 'again'
  /** Nobody knows whether it happened; the same again will do where the work has an identity of its own. */
  | 'lost'
  /** The server cannot now: nobody's request's fault. */
  | 'unavailable'
  /** The request's own. */
  | 'own';

/** Lock waited for too long, deadlock, row changed since it was read; a commit that a replication group refused. */
const again: ReadonlySet<number> = new Set([1205, 1213, 1020, 3101]);
const duplicate = 1062;
/** The server ended the connection: somebody killed it (MariaDB, MySQL), or it had rested for too long (MySQL). */
const ended: ReadonlySet<number> = new Set([1927, 3169, 4031]);
/** Too many connections, shutdown, disk or table full, read only, query killed, out of memory, record file full. */
const away: ReadonlySet<number> = new Set([
  1040, 1053, 1021, 1114, 1290, 1836, 1317, 1037, 1041, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 3024, 1969,
]);
const lineCodes: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);
const noLineCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

export function faultOf(error: unknown): MysqlFault {
  const { code, errno, message, fatal } = error as { code?: string; errno?: number; message?: string; fatal?: boolean };
  if (errno !== undefined && again.has(errno)) return 'again';
  if (errno === duplicate) return 'again';
  if (errno !== undefined && ended.has(errno)) return 'lost';
  if (errno !== undefined && away.has(errno)) return 'unavailable';
  if (code !== undefined && noLineCodes.has(code)) return 'unavailable';
  if (code !== undefined && lineCodes.has(code)) return 'lost';
  if (fatal === true || /closed state|connection lost|Connection lost/.test(message ?? '')) return 'lost';
  if (/Queue limit reached|Pool is closed/.test(message ?? '')) return 'unavailable';
  return 'own';
}
