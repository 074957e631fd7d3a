/** `tenant:` of keys, sources, queues and targets of `events:`. */
import { z } from 'zod';
import { TENANT_NAME } from '../domain/tenant.js';

export const tenantSchema = z
  .string()
  .regex(
    TENANT_NAME,
    'must begin with a letter or a digit and have up to 40 letters, digits, _ . and -',
  );
