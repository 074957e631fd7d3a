import { describe, expect, it } from 'vitest';
import { longAddressesBelow } from '../../../src/sources/longAddresses.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

const long = (path: string, length = 3_000) => `https://x/${path}${'a'.repeat(length)}`;

describe('an address that is too long for its place', () => {
  it('is below the text, once, with the words that it has there', () => {
    const [one, two] = [long('1'), long('2')];
    expect(
      longAddressesBelow(`**[Log](<${one}>)** [b](<${two}>)\n- [Log](<${one}>) [c](<https://x/3>)`),
    ).toBe(
      String.raw`**Log \[1\]** b \[2\]
- Log \[1\] [c](<https://x/3>)

\[1\] [Log](<${one}>)
\[2\] [b](<${two}>)`,
    );
  });

  it('is shown by its beginning where there is no room', () => {
    const [one, two] = [long('1', 7_000), long('2', 7_000)];
    const text = longAddressesBelow(`[a](<${one}>) [b](<${two}>)`);
    expect(text).toContain(`[a](<${one}>)`);
    expect(text).not.toContain(two);
    expect(text).toContain(String.raw`\[2\] ` + `\`https://x/2`);
  });

  it.each([
    ['code', `\`[a](<${long('1')}>)\``],
    ['a block of code', `\`\`\`\n[a](<${long('1')}>)\n\`\`\``],
    ['an escape', String.raw`\[a](<${long('1')}>)`],
    ['a short address', '[a](<https://x/1>)'],
  ])('stays as it is where it is %s', (_, markdown) => {
    expect(longAddressesBelow(markdown)).toBe(markdown);
  });

  it('is found in a time that grows with the text', () => {
    for (const hostile of ['['.repeat(300_000), '[a](<'.repeat(60_000), '[a'.repeat(150_000)]) {
      expectProcessorMsBelow(1_000, () => longAddressesBelow(hostile));
    }
    const many = Array.from({ length: 150 }, (_, index) => `[a](<${long(String(index))}>)`);
    expectProcessorMsBelow(1_000, () => longAddressesBelow(many.join(' ')));
  });
});
