/** Templates with the payloads that GitHub itself gives as examples. */
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { usableContent } from '../../src/acceptance/eventContent.js';
import { parseDocument } from '../../src/destinations/document/parseDocument.js';
import { github } from '../../src/sources/github/source.js';
import { sampleRequest } from '../../src/sources/sampleRequest.js';
import { compileTemplate } from '../../src/templates/template.js';

/** https://github.com/octokit/webhooks */
const EXAMPLES = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: object[];
}[];

const source = github.create(github.schema.parse({ type: 'github' }), 'github');

const template = compileTemplate('strict', {
  title: '{{ event.title | truncate: 60 }}',
  text: `**{{ event.labels.repository | default: "GitHub" }}** {{ event.state }} {{ event.occurredAt | date: "%H:%M", "Europe/Berlin" }}
{{ event.text | truncate: 300 }}
{% for label in event.labels %}- {{ label[0] }}: \`{{ label[1] }}\`
{% endfor %}
[{{ event.reference | default: "more" }}]({{ event.url }}) {{ event.raw.sender.login | link: event.raw.sender.html_url }}`,
});

it('shows each of them by a template of every kind of field', () => {
  let count = 0;
  for (const { examples, name } of EXAMPLES) {
    for (const payload of examples) {
      const headers = { 'X-GitHub-Event': name, 'X-GitHub-Delivery': 'd1' };
      const request = sampleRequest({ headers, body: JSON.stringify(payload) });
      for (const parsed of source.parse(request)) {
        const event = { ...parsed, source: 'github' };
        const { content, failure } = template.render(event);
        expect([name, failure]).toEqual([name, undefined]);
        expect(usableContent(content, event).text).toBe(content.text);
        expect(parseDocument(content.text)).not.toHaveLength(0);
        expect(`${content.title ?? ''} ${content.text}`).not.toMatch(/undefined|\[object/);
        count += 1;
      }
    }
  }
  expect(count).toBeGreaterThan(300);
});
