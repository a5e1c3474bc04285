// What answered without speaking gRPC: a proxy in front of the gateway, which knows HTTP alone.
import type { ConnectError } from '@connectrpc/connect';

/** The status of an answer that was no gRPC, as the transport writes it. */
export function httpStatus(error: ConnectError): number | undefined {
  const said = /^HTTP (\d+)$/.exec(error.rawMessage)?.[1];
  return said === undefined ? undefined : Number(said);
}
