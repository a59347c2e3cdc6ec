import type { Pool, RowDataPacket } from 'mysql2';

/** The largest statement that we send: a batch of the longest messages. */
const minPacketBytes = 16 * 1024 * 1024;

/**
 * Looks whether a server can keep what we acknowledge.
 *
 * @returns the collation in which ids differ by every character, also by case, accent and trailing space
 * @throws Error in words: what is set how, and what it has to be
 */
export async function checkServer(pool: Pool, warn: (text: string) => void): Promise<{ collation: string }> {
  const [rows] = await pool.promise().query<RowDataPacket[]>('show variables');
  const variables = new Map(rows.map((row) => [String(row.Variable_name), String(row.Value)]));
  const version = variables.get('version') ?? '';
  const isMariaDb = /mariadb/i.test(version);
  checkVersion(version, isMariaDb);
  if (variables.get('wsrep_on') === 'ON') {
    throw new Error(
      'wsrep_on is ON: Galera lets two nodes lock the same row, and a conversation would get the same number twice. Use one primary that writes, with replicas.',
    );
  }
  if (variables.get('group_replication_single_primary_mode') === 'OFF') {
    throw new Error(
      'group_replication_single_primary_mode is OFF: two servers of the group may lock the same row, and a conversation would get the same number twice. Use single-primary mode.',
    );
  }
  if (variables.get('innodb_flush_log_at_trx_commit') !== '1') {
    throw new Error(
      'innodb_flush_log_at_trx_commit has to be 1: with another value a crash loses messages that were acknowledged.',
    );
  }
  if (Number(variables.get('max_allowed_packet') ?? 0) < minPacketBytes) {
    throw new Error(`max_allowed_packet has to be ${minPacketBytes} (16M) or more.`);
  }
  if (variables.get('log_bin') === 'ON' && variables.get('sync_binlog') !== '1') {
    warn('sync_binlog is not 1: after a crash of the database server, replicas may differ from it.');
  }
  if (variables.get('innodb_doublewrite')?.toUpperCase() === 'OFF') {
    warn('innodb_doublewrite is OFF: a power cut may damage pages.');
  }
  return { collation: isMariaDb ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin' };
}

function checkVersion(version: string, isMariaDb: boolean): void {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10));
  // From 8.0.17 on MySQL has a collation that tells ids apart as they are.
  const oldest = isMariaDb ? [10, 11] : [8, 0, 17];
  const at = oldest.findIndex((number, index) => number !== (numbers[index] ?? 0));
  const isNewEnough = at < 0 || (numbers[at] ?? 0) > (oldest[at] ?? 0);
  if (!isNewEnough)
    throw new Error(`This server is ${version}: MariaDB 10.11 or MySQL 8.0.17 and later are supported.`);
}
