/// <reference types="astro/client" />

/** The release of this build. */
declare const __RELEASE__: string;
