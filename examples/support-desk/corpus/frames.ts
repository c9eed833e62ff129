import { accountPhrases } from './phrases-account.ts';
import { orderPhrases } from './phrases-orders.ts';
import { servicePhrases } from './phrases-service.ts';
import type { Phrases } from './types.ts';

/** Parts of sentences by intent. */
export const phrases: Readonly<Record<string, Phrases>> = { ...orderPhrases, ...accountPhrases, ...servicePhrases };

/** Sentences around a part: `{want}` takes an infinitive, `{fact}` a statement. The lists have no frame in common. */
export const frames: Readonly<Record<'train' | 'validation' | 'test', readonly string[]>> = {
  train: [
    'I want to {want}.',
    "I'd like to {want}.",
    'How can I {want}?',
    'Can you help me to {want}?',
    'Is it possible to {want}?',
    'I need to {want} [today|as soon as possible|].',
    "I've been trying to {want} since {when}.",
    'Please tell me how to {want}.',
    "I'm trying to {want}, but I don't know how.",
    'Where can I {want}?',
    '{fact}.',
    '{fact}. What can I do?',
    'I noticed {when} that {fact}.',
    'The problem is that {fact}.',
    "I'm writing because {fact}.",
    'Why is it that {fact}?',
    'It seems that {fact}.',
    '{fact}. I want to {want}.',
    '{fact} and I would like to {want}.',
  ],
  validation: [
    'What do I have to do to {want}?',
    'I was told to write to you to {want}.',
    'It looks like {fact}.',
    '{fact}, how is that possible?',
  ],
  test: [
    'Is there a way to {want}?',
    "I'm hoping to {want}.",
    'Would you let me know how to {want}?',
    'It is important for me to {want}.',
    'Who can help me to {want}?',
    'I have to tell you that {fact}.',
    'As far as I can see, {fact}.',
    '{fact}, and I have no idea what to do.',
    'Can you explain why {fact}?',
    'Is it normal that {fact}?',
    'I found out {when} that {fact}. Can I {want}?',
    'Since {fact}, I ask you how to {want}.',
  ],
};

/** Frames that ask for help with a fact. */
export const troubled = /problem|why|normal|how is that|no idea|what can I do/i;
