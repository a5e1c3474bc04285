export { createTransport, type TransportOptions } from './transport.ts';
