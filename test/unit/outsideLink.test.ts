import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import { OutsideLink } from '../../src/api/pages/parts.js';

const render = (url: string): string =>
  renderToString(h(OutsideLink, { url, children: 'At the source' }));

it('links to pages', () => {
  expect(render('https://example.com/55')).toContain('href="https://example.com/55"');
});

it.each(['javascript:alert(1)', 'ms-msdt:/id', '//host/path', 'data:text/html,x'])(
  'shows %s as text',
  (url) => {
    expect(render(url)).toBe(`<span>At the source: ${url}</span>`);
  },
);
