// Jest loads this with plain Node, which knows neither decorators nor `.js` for `.ts`.
import './typescript-loader.mjs';

export default async function setUp() {
  const { startServices } = await import('./services.ts');
  await startServices();
}
