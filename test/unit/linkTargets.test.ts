import { describe, expect, it } from 'vitest';
import { mayLinkTo } from '../../src/lib/linkTargets.js';

describe('where a link may lead', () => {
  it.each([
    'https://example.com',
    'http://localhost:3000/a?b=c#d',
    'HTTPS://example.com/ä',
    'mailto:ops@example.com?subject=a',
    'tel:+49-123',
    'https://[::1]/',
  ])('to %s', (address) => {
    expect(mayLinkTo(address)).toBe(true);
  });

  it.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    ' javascript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>',
    'vbscript:x',
    'file:///etc/passwd',
    'smb://host/share',
    'ms-msdt:/id',
    'ms-word:ofe|u|https://example.com',
    'search-ms:query=x',
    '//host/path',
    '\\\\host\\share',
    '/path',
    'path',
    '#part',
    '',
    'https:',
    'https://',
    'https:/host',
    'https:host',
    'https:\\\\host',
    'https://\\host',
    'https://host\n/path',
    'https://host /path',
    'mailto:',
    'mailto://host/share',
    'tel://host',
    'blob:https://example.com/x',
    'view-source:https://example.com',
    'intent://x',
  ])('never to %j', (address) => {
    expect(mayLinkTo(address)).toBe(false);
  });
});
