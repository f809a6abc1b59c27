// How a backbone wants its pictures, from the command line: a preset, and options that override parts of it.

import { HeadwaterError } from '../../lib/errors/index.ts';
import type { Recipe } from '../../lib/graph/index.ts';

type Triple = [number, number, number];

/** Recipes that whole families of published networks share; `mean` and `scale` in the channel order given. */
export const presets = {
  /** torchvision and timm: 0…1, minus ImageNet's mean, over its standard deviation. */
  'imagenet-torch': {
    channelOrder: 'rgb',
    fit: 'cover',
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
    scale: [1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)],
  },
  /** TensorFlow's MobileNets, EfficientNet-lite, Inception: −1…1. */
  'imagenet-tf': {
    channelOrder: 'rgb',
    fit: 'stretch',
    mean: [127.5, 127.5, 127.5],
    scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
  },
  /** Caffe's nets: BGR, minus the mean pixel. */
  'caffe-bgr': { channelOrder: 'bgr', fit: 'stretch', mean: [104, 117, 123], scale: [1, 1, 1] },
} satisfies Record<string, Partial<Recipe>>;

export interface RecipeOptions {
  preset?: string;
  size?: string;
  mean?: string;
  scale?: string;
  channels?: string;
  fit?: string;
}

/** What the options say of the recipe. @throws HeadwaterError `bad-request` naming the option at fault */
export function recipeOf(options: RecipeOptions): Partial<Recipe> {
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const recipe: Partial<Recipe> = options.preset
    ? structuredClone<Partial<Recipe>>(presets[oneOf(options.preset, names, 'preset')])
    : {};
  if (options.size) recipe.size = positiveInteger(options.size);
  if (options.mean) recipe.mean = triple(options.mean, 'mean');
  if (options.scale) recipe.scale = triple(options.scale, 'scale');
  if (options.channels) recipe.channelOrder = oneOf(options.channels, ['rgb', 'bgr'], 'channels');
  if (options.fit) recipe.fit = oneOf(options.fit, ['stretch', 'cover'], 'fit');
  return recipe;
}

/** `0.5,0.5,0.5`, `127.5` or `1/127.5`. */
function triple(text: string, option: string): Triple {
  const numbers = text.split(',').map((part) => {
    const [above, below = '1'] = part.split('/');
    return above?.trim() ? Number(above) / Number(below) : Number.NaN;
  });
  const [r, g = r, b = r] = numbers;
  if (![1, 3].includes(numbers.length) || !numbers.every(Number.isFinite))
    throw new HeadwaterError(
      'bad-request',
      `--${option} takes one number or three with commas, not "${text}".`,
    );
  return [r!, g!, b!];
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new HeadwaterError('bad-request', `--size takes pixels, not "${text}".`);
  return value;
}

function oneOf<const T extends string>(text: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === text);
  if (!found)
    throw new HeadwaterError('bad-request', `--${option} is ${choices.join(' or ')}, not "${text}".`);
  return found;
}
