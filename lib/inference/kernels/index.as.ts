// The kernels' module: everything that lib/inference/kernels.ts lists.

export { columns_f32, columns_i16 } from './columns.as';
export { conv_f32 } from './conv-f32.as';
export { dense_f32 } from './dense-f32.as';
export { depthwise_any_f32, depthwise_f32 } from './depthwise-f32.as';
export { add_f32, affine_f32, mul_f32 } from './elementwise-f32.as';
export { mean_f32 } from './mean-f32.as';
export { copy, fill_f32, halo } from './moves.as';
export { quantise_picture } from './quantise-picture.as';
export {
  block_f32, block_i16, block_u7, channels_f32, channels_i16, channels_u7, unblock_f32, unblock_i16, unblock_u7,
} from './blocks.as';
export { conv_i16_i16, conv_i16_u7 } from './conv-i16.as';
export { conv_u7_i16, conv_u7_u7, safe_conv_u7_i16, safe_conv_u7_u7 } from './conv-u7.as';
export { lrn_f32, softmax_f32 } from './across-channels-f32.as';
export { activate_f32 } from './activate-f32.as';
export { avgPool_f32, avgPool_i16, avgPool_u7, maxPool_f32, maxPool_i16, maxPool_u7 } from './pools.as';
export { depthwise_any_i16, depthwise_i16 } from './depthwise-i16.as';
export { depthwise_any_u7, depthwise_u7 } from './depthwise-u7.as';
export { safe_depthwise_any_u7, safe_depthwise_u7 } from './depthwise-u7-safe.as';
export { dense_i16_i16, dense_i16_u7 } from './dense-i16.as';
export { dense_u7_i16, dense_u7_u7, safe_dense_u7_i16, safe_dense_u7_u7 } from './dense-u7.as';
export { f32_to_i16, i16_to_f32, i16_to_u7, u7_to_f32, u7_to_i16 } from './convert.as';
export { mean_i16, mean_u7 } from './mean-int.as';
export { add_i16 } from './add-i16.as';
export { selfTest } from './self-test.as';
