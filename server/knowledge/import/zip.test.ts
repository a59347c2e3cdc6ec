import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { ImportFailure } from './import-problem.ts';
import { readZip, writeZip } from './zip.ts';

const file = fc.record({
  name: fc.string({ minLength: 1, maxLength: 20 }).map((name) => `${name.replaceAll('/', '_')}.md`),
  bytes: fc.uint8Array(),
});

test('what was written is read back, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(file, { maxLength: 5 }), (files) => {
      const read = readZip(writeZip(files)).map(({ name, bytes }) => [name, [...bytes]]);
      assert.deepEqual(
        read,
        files.map(({ name, bytes }) => [name.toWellFormed(), [...bytes]]),
      );
    }),
  );
});

test('any bytes at all, and any damage, are refused in words', () => {
  const whole = writeZip([{ name: 'a.md', bytes: Buffer.from('hello hello') }]);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(whole);
      damaged[at] = value;
      try {
        readZip(damaged);
      } catch (error) {
        assert.ok(error instanceof ImportFailure, String(error));
      }
    }),
  );
  assert.throws(() => readZip(Buffer.from('no zip')), ImportFailure);
  assert.throws(() => readZip(whole.subarray(0, whole.length - 5)), ImportFailure);
});

test('another program reads what we write, and we read what it packs', {
  skip: spawnSync('python3', ['-V']).status !== 0,
}, () => {
  const script = `
import sys, zipfile, io
z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))
assert z.testzip() is None
out = io.BytesIO()
w = zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED)
for n in z.namelist(): w.writestr(n, z.read(n) * 3)
w.close()
sys.stdout.buffer.write(out.getvalue())`;
  const input = writeZip([{ name: '退货.md', bytes: Buffer.from('寄回 '.repeat(50)) }]);
  const { stdout, status } = spawnSync('python3', ['-c', script], { input });
  assert.equal(status, 0);
  assert.deepEqual(
    readZip(stdout).map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    [['退货.md', '寄回 '.repeat(150)]],
  );
});

test('names that Windows in China packed in GBK are read, each as its own', () => {
  // The same length as in GBK, so that only the bytes of the names and the mark for UTF-8 change.
  const archive = writeZip([
    { name: 'AAAA.md', bytes: Buffer.from('one') },
    { name: 'BBBB.md', bytes: Buffer.from('two') },
  ]);
  const gbk = { AAAA: Buffer.from('cdcbbbf5', 'hex'), BBBB: Buffer.from('bbbbbbf5', 'hex') };
  for (const [name, bytes] of Object.entries(gbk))
    for (let at = archive.indexOf(name); at >= 0; at = archive.indexOf(name, at)) bytes.copy(archive, at);
  for (const [signature, flags] of [
    ['PK\x03\x04', 6],
    ['PK\x01\x02', 8],
  ] as const)
    for (let at = archive.indexOf(signature); at >= 0; at = archive.indexOf(signature, at + 1))
      archive.writeUInt16LE(0, at + flags);
  assert.deepEqual(
    readZip(archive).map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
    [
      ['退货.md', 'one'],
      ['换货.md', 'two'],
    ],
  );
});
