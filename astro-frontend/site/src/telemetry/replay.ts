// The recorder of sessions, a chunk of its own. What a reader sees and types is masked before it leaves the page.
import { replayIntegration } from '@sentry/astro';

export function replay(): ReturnType<typeof replayIntegration> {
  return replayIntegration({ maskAllText: true, maskAllInputs: true, blockAllMedia: true });
}
