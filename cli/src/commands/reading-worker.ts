/** The thread in which a large configuration is read, policies included. */
export const readingWorker = new URL(import.meta.resolve('@postern/authorize/reading-worker.ts'))
