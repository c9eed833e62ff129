/** Ctrl-C and termination end the work cleanly: the first asks, the second insists. `said`: what is told then; empty: nothing. */
export const cancelOnSignals = (
  said = 'stopping; what is finished is kept (Ctrl-C again to stop at once)\n',
): { readonly signal: AbortSignal; readonly dispose: () => void } => {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    if (said !== '') process.stderr.write(`\n${said}`);
    controller.abort(new Error('stopped by the user'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
};
