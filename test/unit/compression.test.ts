import { expect, it } from 'vitest';
import { compressionFor } from '../../src/temporal/connection.js';

it.each([
  ['127.0.0.1:7233'],
  ['127.1.2.3:7233'],
  ['127.0.0.1'],
  ['localhost:7233'],
  ['LOCALHOST:7233'],
  ['localhost'],
  ['[::1]:7233'],
])('compresses nothing on the way to %s, which is this machine', (address) => {
  expect(compressionFor(address)).toEqual({ grpcCompression: { codec: 'none' } });
});

it.each([
  ['temporal:7233'],
  ['10.0.0.1:7233'],
  ['127.example.com:7233'],
  ['localhost.example.com:7233'],
  ['[::2]:7233'],
  ['shop.a1b2c.tmprl.cloud:7233'],
  [''],
  [undefined],
])('leaves compression on the way to %s to the SDK', (address) => {
  expect(compressionFor(address)).toEqual({});
});
