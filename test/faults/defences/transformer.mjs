// What Jest loads instead of swc's own transformer while a defence is left out. The key of Jest's cache is made of the
// changed text, so that nothing of such a run is taken for the product afterwards.
import swc from '@swc/jest';
import { withoutDefence } from './apply.mjs';

export default {
  createTransformer(options) {
    const inner = swc.createTransformer(options);
    const edited =
      (work) =>
      (source, filename, ...rest) =>
        work(withoutDefence(source, filename), filename, ...rest);
    return {
      ...inner,
      process: edited(inner.process),
      processAsync: edited(inner.processAsync),
      getCacheKey: edited(inner.getCacheKey),
    };
  },
};
