export { explain, type Explanation } from './explain.ts';
export { isSafe, RETRY_LIMITS, retryInterceptor, type RetryLimits } from './retry.ts';
export { createTransport, type TransportOptions } from './transport.ts';
