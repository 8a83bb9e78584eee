// Every template, embedded. A new one is its file and two lines here.
#include "templates.h"

// clang has had #embed for C11 since version 19, and says each time that C23 brought it.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char model_abi_h[] = {
#embed "../Sources/ModelABI/include/model_abi.h"
};
static const unsigned char ahead_h[] = {
#embed "ahead.h"
};
static const unsigned char angles_h[] = {
#embed "angles.h"
};
static const unsigned char attention_h[] = {
#embed "attention.h"
};
static const unsigned char cache_h[] = {
#embed "cache.h"
};
static const unsigned char functions_h[] = {
#embed "functions.h"
};
static const unsigned char isa_avx2_h[] = {
#embed "isa/avx2.h"
};
static const unsigned char isa_avx2_bytes_h[] = {
#embed "isa/avx2_bytes.h"
};
static const unsigned char isa_avx512_h[] = {
#embed "isa/avx512.h"
};
static const unsigned char isa_avx512_bf16_h[] = {
#embed "isa/avx512_bf16.h"
};
static const unsigned char isa_avx512_bw_h[] = {
#embed "isa/avx512_bw.h"
};
static const unsigned char isa_avx512_vnni_h[] = {
#embed "isa/avx512_vnni.h"
};
static const unsigned char isa_avx_vnni_h[] = {
#embed "isa/avx_vnni.h"
};
static const unsigned char isa_exact_sums_h[] = {
#embed "isa/exact_sums.h"
};
static const unsigned char isa_pair_sums_h[] = {
#embed "isa/pair_sums.h"
};
static const unsigned char isa_portable_h[] = {
#embed "isa/portable.h"
};
static const unsigned char isa_types_h[] = {
#embed "isa/types.h"
};
static const unsigned char kernels_attention_c[] = {
#embed "kernels/attention.c"
};
static const unsigned char kernels_embed_c[] = {
#embed "kernels/embed.c"
};
static const unsigned char kernels_gated_c[] = {
#embed "kernels/gated.c"
};
static const unsigned char kernels_head_c[] = {
#embed "kernels/head.c"
};
static const unsigned char kernels_heads_c[] = {
#embed "kernels/heads.c"
};
static const unsigned char kernels_logits_c[] = {
#embed "kernels/logits.c"
};
static const unsigned char kernels_prepare_c[] = {
#embed "kernels/prepare.c"
};
static const unsigned char kernels_prepared_c[] = {
#embed "kernels/prepared.c"
};
static const unsigned char kernels_residual_c[] = {
#embed "kernels/residual.c"
};
static const unsigned char kernels_rope_table_c[] = {
#embed "kernels/rope_table.c"
};
static const unsigned char kernels_rope_table_dynamic_c[] = {
#embed "kernels/rope_table_dynamic.c"
};
static const unsigned char kernels_wanted_c[] = {
#embed "kernels/wanted.c"
};
static const unsigned char meeting_h[] = {
#embed "meeting.h"
};
static const unsigned char model_c[] = {
#embed "model.c"
};
static const unsigned char model_h[] = {
#embed "model.h"
};
static const unsigned char pages_f16_h[] = {
#embed "pages_f16.h"
};
static const unsigned char pages_f32_h[] = {
#embed "pages_f32.h"
};
static const unsigned char pages_codes_h[] = {
#embed "pages_codes.h"
};
static const unsigned char pages_floats_h[] = {
#embed "pages_floats.h"
};
static const unsigned char pages_int16_h[] = {
#embed "pages_int16.h"
};
static const unsigned char pages_int8_h[] = {
#embed "pages_int8.h"
};
static const unsigned char processors_h[] = {
#embed "processors.h"
};
static const unsigned char quant_affine2_h[] = {
#embed "quant/affine2.h"
};
static const unsigned char quant_affine3_h[] = {
#embed "quant/affine3.h"
};
static const unsigned char quant_affine4_h[] = {
#embed "quant/affine4.h"
};
static const unsigned char quant_affine5_h[] = {
#embed "quant/affine5.h"
};
static const unsigned char quant_affine6_h[] = {
#embed "quant/affine6.h"
};
static const unsigned char quant_affine8_h[] = {
#embed "quant/affine8.h"
};
static const unsigned char quant_block_scales_h[] = {
#embed "quant/block_scales.h"
};
static const unsigned char quant_columns_h[] = {
#embed "quant/columns.h"
};
static const unsigned char quant_columns_affine_c[] = {
#embed "quant/columns_affine.c"
};
static const unsigned char quant_dense_bf16_h[] = {
#embed "quant/dense_bf16.h"
};
static const unsigned char quant_dense_f16_h[] = {
#embed "quant/dense_f16.h"
};
static const unsigned char quant_dense_f32_h[] = {
#embed "quant/dense_f32.h"
};
static const unsigned char quant_dots_float_c[] = {
#embed "quant/dots_float.c"
};
static const unsigned char quant_dots_int8_c[] = {
#embed "quant/dots_int8.c"
};
static const unsigned char quant_e2m1_h[] = {
#embed "quant/e2m1.h"
};
static const unsigned char quant_e4m3_h[] = {
#embed "quant/e4m3.h"
};
static const unsigned char quant_group_affine_int8_c[] = {
#embed "quant/group_affine_int8.c"
};
static const unsigned char quant_group_block_int8_c[] = {
#embed "quant/group_block_int8.c"
};
static const unsigned char quant_product_affine_float_c[] = {
#embed "quant/product_affine_float.c"
};
static const unsigned char quant_product_affine_int8_c[] = {
#embed "quant/product_affine_int8.c"
};
static const unsigned char quant_product_bf16_c[] = {
#embed "quant/product_bf16.c"
};
static const unsigned char quant_product_block_float_c[] = {
#embed "quant/product_block_float.c"
};
static const unsigned char quant_product_block_int8_c[] = {
#embed "quant/product_block_int8.c"
};
static const unsigned char quant_product_dense_c[] = {
#embed "quant/product_dense.c"
};
static const unsigned char quant_table_affine_c[] = {
#embed "quant/table_affine.c"
};
static const unsigned char quant_table_block_c[] = {
#embed "quant/table_block.c"
};
static const unsigned char quant_table_dense_c[] = {
#embed "quant/table_dense.c"
};
static const unsigned char roofline_c[] = {
#embed "roofline.c"
};
static const unsigned char rows_h[] = {
#embed "rows.h"
};
static const unsigned char step_h[] = {
#embed "step.h"
};
static const unsigned char unit_c[] = {
#embed "unit.c"
};
static const unsigned char wanted_h[] = {
#embed "wanted.h"
};

static const template_file files[] = {
    {"model_abi.h", model_abi_h, sizeof model_abi_h},
    {"ahead.h", ahead_h, sizeof ahead_h},
    {"angles.h", angles_h, sizeof angles_h},
    {"attention.h", attention_h, sizeof attention_h},
    {"cache.h", cache_h, sizeof cache_h},
    {"functions.h", functions_h, sizeof functions_h},
    {"isa/avx2.h", isa_avx2_h, sizeof isa_avx2_h},
    {"isa/avx2_bytes.h", isa_avx2_bytes_h, sizeof isa_avx2_bytes_h},
    {"isa/avx512.h", isa_avx512_h, sizeof isa_avx512_h},
    {"isa/avx512_bf16.h", isa_avx512_bf16_h, sizeof isa_avx512_bf16_h},
    {"isa/avx512_bw.h", isa_avx512_bw_h, sizeof isa_avx512_bw_h},
    {"isa/avx512_vnni.h", isa_avx512_vnni_h, sizeof isa_avx512_vnni_h},
    {"isa/avx_vnni.h", isa_avx_vnni_h, sizeof isa_avx_vnni_h},
    {"isa/exact_sums.h", isa_exact_sums_h, sizeof isa_exact_sums_h},
    {"isa/pair_sums.h", isa_pair_sums_h, sizeof isa_pair_sums_h},
    {"isa/portable.h", isa_portable_h, sizeof isa_portable_h},
    {"isa/types.h", isa_types_h, sizeof isa_types_h},
    {"kernels/attention.c", kernels_attention_c, sizeof kernels_attention_c},
    {"kernels/embed.c", kernels_embed_c, sizeof kernels_embed_c},
    {"kernels/gated.c", kernels_gated_c, sizeof kernels_gated_c},
    {"kernels/head.c", kernels_head_c, sizeof kernels_head_c},
    {"kernels/heads.c", kernels_heads_c, sizeof kernels_heads_c},
    {"kernels/logits.c", kernels_logits_c, sizeof kernels_logits_c},
    {"kernels/prepare.c", kernels_prepare_c, sizeof kernels_prepare_c},
    {"kernels/prepared.c", kernels_prepared_c, sizeof kernels_prepared_c},
    {"kernels/residual.c", kernels_residual_c, sizeof kernels_residual_c},
    {"kernels/rope_table.c", kernels_rope_table_c, sizeof kernels_rope_table_c},
    {"kernels/rope_table_dynamic.c", kernels_rope_table_dynamic_c,
     sizeof kernels_rope_table_dynamic_c},
    {"kernels/wanted.c", kernels_wanted_c, sizeof kernels_wanted_c},
    {"meeting.h", meeting_h, sizeof meeting_h},
    {"model.c", model_c, sizeof model_c},
    {"model.h", model_h, sizeof model_h},
    {"pages_f16.h", pages_f16_h, sizeof pages_f16_h},
    {"pages_f32.h", pages_f32_h, sizeof pages_f32_h},
    {"pages_codes.h", pages_codes_h, sizeof pages_codes_h},
    {"pages_floats.h", pages_floats_h, sizeof pages_floats_h},
    {"pages_int16.h", pages_int16_h, sizeof pages_int16_h},
    {"pages_int8.h", pages_int8_h, sizeof pages_int8_h},
    {"processors.h", processors_h, sizeof processors_h},
    {"quant/affine2.h", quant_affine2_h, sizeof quant_affine2_h},
    {"quant/affine3.h", quant_affine3_h, sizeof quant_affine3_h},
    {"quant/affine4.h", quant_affine4_h, sizeof quant_affine4_h},
    {"quant/affine5.h", quant_affine5_h, sizeof quant_affine5_h},
    {"quant/affine6.h", quant_affine6_h, sizeof quant_affine6_h},
    {"quant/affine8.h", quant_affine8_h, sizeof quant_affine8_h},
    {"quant/block_scales.h", quant_block_scales_h, sizeof quant_block_scales_h},
    {"quant/columns.h", quant_columns_h, sizeof quant_columns_h},
    {"quant/columns_affine.c", quant_columns_affine_c, sizeof quant_columns_affine_c},
    {"quant/dense_bf16.h", quant_dense_bf16_h, sizeof quant_dense_bf16_h},
    {"quant/dense_f16.h", quant_dense_f16_h, sizeof quant_dense_f16_h},
    {"quant/dense_f32.h", quant_dense_f32_h, sizeof quant_dense_f32_h},
    {"quant/dots_float.c", quant_dots_float_c, sizeof quant_dots_float_c},
    {"quant/dots_int8.c", quant_dots_int8_c, sizeof quant_dots_int8_c},
    {"quant/e2m1.h", quant_e2m1_h, sizeof quant_e2m1_h},
    {"quant/e4m3.h", quant_e4m3_h, sizeof quant_e4m3_h},
    {"quant/group_affine_int8.c", quant_group_affine_int8_c,
     sizeof quant_group_affine_int8_c},
    {"quant/group_block_int8.c", quant_group_block_int8_c,
     sizeof quant_group_block_int8_c},
    {"quant/product_affine_float.c", quant_product_affine_float_c,
     sizeof quant_product_affine_float_c},
    {"quant/product_affine_int8.c", quant_product_affine_int8_c,
     sizeof quant_product_affine_int8_c},
    {"quant/product_bf16.c", quant_product_bf16_c, sizeof quant_product_bf16_c},
    {"quant/product_block_float.c", quant_product_block_float_c, sizeof quant_product_block_float_c},
    {"quant/product_block_int8.c", quant_product_block_int8_c, sizeof quant_product_block_int8_c},
    {"quant/product_dense.c", quant_product_dense_c, sizeof quant_product_dense_c},
    {"quant/table_affine.c", quant_table_affine_c, sizeof quant_table_affine_c},
    {"quant/table_block.c", quant_table_block_c, sizeof quant_table_block_c},
    {"quant/table_dense.c", quant_table_dense_c, sizeof quant_table_dense_c},
    {"roofline.c", roofline_c, sizeof roofline_c},
    {"rows.h", rows_h, sizeof rows_h},
    {"step.h", step_h, sizeof step_h},
    {"unit.c", unit_c, sizeof unit_c},
    {"wanted.h", wanted_h, sizeof wanted_h},
};
const template_file *const template_files = files;
const size_t template_file_count = sizeof files / sizeof *files;
