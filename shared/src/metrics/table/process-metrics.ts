import { counter, gauge } from '../definition.ts'

/** Of every process, once, whatever runs in it. */
export const processMetrics = {
  postern_build_info: gauge('process', 'Always 1; the labels say what runs.', 'program', 'version', 'node_version'),
  postern_config_info: gauge(
    'process',
    'Always 1; the revision of the configuration in force, the same wherever the same routes and policies are.',
    'revision',
  ),
  postern_config_last_reload_success: gauge(
    'process',
    'Whether the configuration as its files are now is in force; 0 when it was refused and the last good one stays.',
  ),
  postern_config_last_reload_success_timestamp_seconds: gauge(
    'process',
    'When the configuration in force was taken over.',
  ),
  postern_config_reloads_total: counter(
    'process',
    'Readings of a changed configuration since the start, by result: success, failure.',
    'result',
  ),
  postern_config_routes: gauge('process', 'Routes of the configuration in force.'),
} as const
