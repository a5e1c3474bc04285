// Every bound of the explorer, in one place.

/** Nodes that are shown at once; what comes after them is counted and left out. */
export const MAX_NODES = 5_000;
/** Edges that are shown at once. */
export const MAX_EDGES = 20_000;
/** Rows of the list in the document at once. */
export const PAGE_ROWS = 100;
/** Edges of each direction that the details ask for. */
export const MAX_DETAIL_EDGES = 100;
/** Edges of one group that the details show before they are asked for more. */
export const GROUP_EDGES = 10;
/** How many edges of a node one expansion may follow. */
export const CAPS = [25, 100, 500, 1_000] as const;
export const DEFAULT_CAP = 100;
/** Characters of JSON in the document. */
export const MAX_JSON = 100_000;
/** Steps that a link may carry. */
export const MAX_STEPS = 40;
/** Characters of a link's query. */
export const MAX_URL = 8_000;
/** Hits of a search. */
export const MAX_HITS = 20;
/** Bytes of a search, as the service has them. */
export const MAX_QUERY_BYTES = 1_024;
/** Pause after a key before a search begins, in milliseconds. */
export const TYPING_PAUSE_MS = 150;
/** Entries of the history. */
export const MAX_HISTORY = 50;
/** Mutations that can be undone. */
export const MAX_UNDO = 20;
/** Bytes of a file that is dropped. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Mutations of one batch of an import. */
export const BATCH_MUTATIONS = 500;
