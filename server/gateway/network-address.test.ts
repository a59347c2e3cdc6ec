import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWithin } from './network-address.ts';

const internet = [
  '93.184.216.34',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700::1111',
  '2400:3200::1',
  '::ffff:93.184.216.34',
  '::ffff:5db8:d822',
  '64:ff9b::93.184.216.34',
];
const ours = [
  '127.0.0.1',
  '127.255.0.9',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '64:ff9b::192.168.0.1',
];
const never = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::127.0.0.1',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  'fec0::1',
  'ff02::1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::10.0.0.1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2001:db8::1',
];

test('the internet is within every reach', () => {
  for (const address of internet) assert.ok(isWithin(address, 'public') && isWithin(address, 'private-too'), address);
});

test('our own networks are reached only where somebody vouched, however the address is written', () => {
  for (const address of ours) {
    assert.equal(isWithin(address, 'public'), false, address);
    assert.equal(isWithin(address, 'private-too'), true, address);
  }
});

test('link-local, metadata, multicast and wrapped addresses need the operator to open everything', () => {
  for (const address of never) {
    assert.equal(isWithin(address, 'public'), false, address);
    assert.equal(isWithin(address, 'private-too'), false, address);
    assert.equal(isWithin(address, 'everything'), true, address);
  }
});

test('what is not an address lies nowhere', () => {
  for (const text of ['', 'localhost', '127.1', '1.2.3.4.5', '[::1]'])
    assert.equal(isWithin(text, 'everything'), false, text);
});
