import { describe, expect, it } from '@jest/globals';
import { mentionBefore, partsOf, plainText, withMentions } from './mention-text.js';

const ada = { id: '01a20304-8d2f-75cc-adc0-cfba4b03f3f3', name: 'Ada Lee' };
const adam = { id: '01a20304-8d2f-75cc-adc0-cfba4b03f3f4', name: 'Ada Lee Jones' };

describe('a mention', () => {
  it('is stored with the person’s id and read as the name', () => {
    const text = withMentions('Ask @Ada Lee, please', [ada]);
    expect(text).toBe(`Ask @[Ada Lee](user:${ada.id}), please`);
    expect(plainText(text)).toBe('Ask @Ada Lee, please');
    expect(partsOf(text)).toEqual([{ text: 'Ask ' }, { mention: ada }, { text: ', please' }]);
  });

  it('is of the person chosen, even where another one’s name begins the same', () => {
    expect(partsOf(withMentions('@Ada Lee Jones and @Ada Lee', [ada, adam]))).toEqual([
      { mention: adam },
      { text: ' and ' },
      { mention: ada },
    ]);
  });

  it('is begun by an @ at the start of a word only', () => {
    expect(mentionBefore('call @ad', 8)).toEqual({ from: 5, q: 'ad' });
    expect(mentionBefore('call @ada l', 11)).toEqual({ from: 5, q: 'ada l' });
    expect(mentionBefore('mail ada@example', 16)).toBeNull();
    expect(mentionBefore('call @ad', 4)).toBeNull();
  });
});
