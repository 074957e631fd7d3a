import type { Sample } from '../source.js';

/** Without a signature, which only AWS or an emulator can make. */
function sample(id: string, message: string, subject: string): Sample {
  return {
    headers: {
      'Content-Type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
    },
    body: JSON.stringify({
      Type: 'Notification',
      MessageId: id,
      TopicArn: 'arn:aws:sns:eu-west-1:000000000000:alarms',
      Subject: subject,
      Message: message,
      Timestamp: '2026-11-23T12:00:00.000Z',
    }),
  };
}

function alarm(id: string, state: 'ALARM' | 'OK', time: string): Sample {
  return sample(
    id,
    JSON.stringify({
      AlarmName: 'orders-queue-age',
      AlarmDescription: 'Orders wait for too long.',
      AlarmArn: 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:orders-queue-age',
      AWSAccountId: '000000000000',
      NewStateValue: state,
      NewStateReason:
        state === 'ALARM' ? 'The oldest order is 900 s old.' : 'The oldest is 2 s old.',
      StateChangeTime: time,
      Region: 'EU (Ireland)',
      Trigger: {
        MetricName: 'ApproximateAgeOfOldestMessage',
        Namespace: 'AWS/SQS',
        Dimensions: [{ name: 'QueueName', value: 'orders' }],
      },
    }),
    `${state}: "orders-queue-age" in EU (Ireland)`,
  );
}

export const SAMPLES = {
  alarm: alarm('00000000-0000-5000-8000-000000000001', 'ALARM', '2026-11-23T12:00:00.000+0000'),
  ok: alarm('00000000-0000-5000-8000-000000000002', 'OK', '2026-11-23T12:09:00.000+0000'),
  text: sample(
    '00000000-0000-5000-8000-000000000003',
    'The nightly export is done.',
    'Export done',
  ),
};
