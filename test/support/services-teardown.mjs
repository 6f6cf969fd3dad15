import './typescript-loader.mjs';

export default async function tearDown() {
  const { stopServices } = await import('./services.ts');
  await stopServices();
}
