import type { Sample } from '../source.js';

const REPOSITORY = {
  full_name: 'example/shop',
  html_url: 'https://github.com/example/shop',
};
const SENDER = { login: 'ana', html_url: 'https://github.com/ana' };

function sample(kind: string, delivery: string, payload: object): Sample {
  return {
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'GitHub-Hookshot/example',
      'X-GitHub-Event': kind,
      'X-GitHub-Delivery': delivery,
    },
    body: JSON.stringify({ ...payload, repository: REPOSITORY, sender: SENDER }),
  };
}

const PULL_REQUEST = {
  number: 55,
  title: 'Retry the payment when the bank is slow',
  html_url: 'https://github.com/example/shop/pull/55',
  body: 'Waits **twice** as long.\n\n- [x] tested',
  user: SENDER,
  base: { ref: 'main' },
  labels: [{ name: 'payments' }],
  updated_at: '2026-11-23T12:00:00Z',
  merged: false,
};

const RUN = {
  id: 7001,
  run_number: 312,
  name: 'Build',
  head_branch: 'main',
  head_sha: '4f1c2d3e4b5a69788796a5b4c3d2e1f0a1b2c3d4',
  html_url: 'https://github.com/example/shop/actions/runs/7001',
  conclusion: 'failure',
  updated_at: '2026-11-23T12:04:00Z',
};

export const SAMPLES = {
  'pull-request': sample('pull_request', '00000000-0000-4000-8000-000000000001', {
    action: 'opened',
    number: 55,
    pull_request: PULL_REQUEST,
  }),
  merged: sample('pull_request', '00000000-0000-4000-8000-000000000002', {
    action: 'closed',
    number: 55,
    pull_request: { ...PULL_REQUEST, merged: true, updated_at: '2026-11-23T13:00:00Z' },
  }),
  'workflow-failed': sample('workflow_run', '00000000-0000-4000-8000-000000000003', {
    action: 'completed',
    workflow_run: RUN,
  }),
  push: sample('push', '00000000-0000-4000-8000-000000000004', {
    ref: 'refs/heads/main',
    compare: 'https://github.com/example/shop/compare/4f1c2d3...5a69788',
    commits: Array.from({ length: 12 }, (_, index) => ({
      id: `${index}f1c2d3e4b5a6978`,
      url: `https://github.com/example/shop/commit/${index}f1c2d3e4b5a6978`,
      message: `Step ${index + 1} of the migration\n\nThe rest follows.`,
      author: { name: 'Ana Silva' },
    })),
    head_commit: { timestamp: '2026-11-23T12:10:00Z' },
  }),
  test: sample('ping', '00000000-0000-4000-8000-000000000005', {
    zen: 'Speak like a human.',
    hook_id: 1,
  }),
};
