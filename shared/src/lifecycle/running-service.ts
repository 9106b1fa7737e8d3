import type { ListenAddress } from '../config/listen-address.ts'

/** A started service. Disposing of it drains first: what is in flight is answered, within the platform's ten seconds. */
export interface RunningService extends AsyncDisposable {
  /** What it listens on, with the real ports: `http`, `grpc`, `health`. */
  readonly addresses: Readonly<Record<string, ListenAddress>>
}
