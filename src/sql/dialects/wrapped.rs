//! A parser dialect around one of sqlparser's own: everything is passed through but for what `Extra` adds. The list of
//! switches is the trait's, so that a release which adds one shows up here as a behaviour that is not passed on.

use super::{Extra, Fuel};
use sqlparser::ast::{ColumnOption, DataType, Expr, GranteesType, Ident, ObjectNamePart, Statement};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use std::any::TypeId;
use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

#[derive(Debug)]
pub(super) struct Wrapped<D> {
    pub(super) inner: D,
    pub(super) extra: Extra,
    pub(super) fuel: Rc<Fuel>,
}

macro_rules! pass {
    ($($name:ident)*) => {$(
        fn $name(&self) -> bool {
            self.inner.$name()
        }
    )*};
}

macro_rules! widen {
    ($($name:ident if $field:ident;)*) => {$(
        fn $name(&self) -> bool {
            self.extra.$field || self.inner.$name()
        }
    )*};
}

impl<D: Dialect> Dialect for Wrapped<D> {
    fn dialect(&self) -> TypeId {
        self.inner.dialect()
    }
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.inner.is_delimited_identifier_start(ch) && !(self.extra.hive && ch == '"')
    }
    fn is_nested_delimited_identifier_start(&self, ch: char) -> bool {
        self.inner.is_nested_delimited_identifier_start(ch)
    }
    fn peek_nested_delimited_identifier_quotes(&self, chars: Peekable<Chars<'_>>) -> Option<(char, Option<char>)> {
        self.inner.peek_nested_delimited_identifier_quotes(chars)
    }
    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        self.inner.identifier_quote_style(identifier)
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        self.inner.is_identifier_start(ch)
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        self.inner.is_identifier_part(ch)
    }
    fn is_custom_operator_part(&self, ch: char) -> bool {
        self.inner.is_custom_operator_part(ch)
    }
    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        if self.fuel.burn() {
            return Some(Err(ParserError::RecursionLimitExceeded));
        }
        let added = super::hooks::prefix(self.extra, parser).or_else(|| self.inner.parse_prefix(parser));
        added.or_else(|| self.fuel.quick.get().then(|| super::quick::prefix(parser)).flatten())
    }
    fn parse_infix(&self, parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Result<Expr, ParserError>> {
        self.inner.parse_infix(parser, left, precedence)
    }
    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        self.inner.get_next_precedence(parser)
    }
    fn get_next_precedence_default(&self, parser: &Parser<'_>) -> Result<u8, ParserError> {
        self.inner.get_next_precedence_default(parser)
    }
    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        if self.fuel.burn() {
            return Some(Err(ParserError::RecursionLimitExceeded));
        }
        self.inner.parse_statement(parser)
    }
    fn parse_data_type(&self, parser: &mut Parser<'_>) -> Option<Result<DataType, ParserError>> {
        if self.fuel.burn() {
            return Some(Err(ParserError::RecursionLimitExceeded));
        }
        super::hooks::data_type(self.extra, parser).or_else(|| self.inner.parse_data_type(parser))
    }
    fn parse_column_option(
        &self,
        parser: &mut Parser<'_>,
    ) -> Result<Option<Result<Option<ColumnOption>, ParserError>>, ParserError> {
        self.inner.parse_column_option(parser)
    }
    fn prec_value(&self, precedence: Precedence) -> u8 {
        self.inner.prec_value(precedence)
    }
    fn prec_unknown(&self) -> u8 {
        self.inner.prec_unknown()
    }
    fn between_low_bound_precedence(&self) -> u8 {
        self.inner.between_low_bound_precedence()
    }
    fn is_interval_qualifier(&self, keyword: Keyword) -> bool {
        self.inner.is_interval_qualifier(keyword)
    }
    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        self.inner.is_reserved_for_identifier(keyword)
    }
    fn get_reserved_keywords_for_select_item_operator(&self) -> &[Keyword] {
        self.inner.get_reserved_keywords_for_select_item_operator()
    }
    fn get_reserved_grantees_types(&self) -> &[GranteesType] {
        self.inner.get_reserved_grantees_types()
    }
    fn is_column_alias(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.inner.is_column_alias(keyword, parser)
    }
    fn is_select_item_alias(&self, explicit: bool, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.inner.is_select_item_alias(explicit, keyword, parser)
    }
    fn is_table_factor(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.inner.is_table_factor(keyword, parser)
    }
    fn is_table_alias(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.inner.is_table_alias(keyword, parser)
    }
    fn is_table_factor_alias(&self, explicit: bool, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        self.inner.is_table_factor_alias(explicit, keyword, parser)
    }
    fn supports_string_literal_column_alias(&self, explicit: bool) -> bool {
        self.inner.supports_string_literal_column_alias(explicit)
    }
    fn supports_string_literal_table_alias(&self, explicit: bool) -> bool {
        self.inner.supports_string_literal_table_alias(explicit)
    }
    fn is_identifier_generating_function_name(&self, ident: &Ident, parts: &[ObjectNamePart]) -> bool {
        self.inner.is_identifier_generating_function_name(ident, parts)
    }
    fn is_custom_type_typed_string(&self, keyword: Keyword, qualified: bool) -> bool {
        self.inner.is_custom_type_typed_string(keyword, qualified)
    }
    widen! {
        supports_bitwise_shift_operators if shifts;
        supports_parens_around_table_factor if always;
        supports_group_by_expr if always;
        supports_filter_during_aggregation if always;
        supports_window_function_null_treatment_arg if always;
        supports_array_typedef_with_parentheses if round_types;
        supports_map_typedef_with_parentheses if round_types;
        supports_projection_trailing_commas if trailing_commas;
        supports_from_trailing_commas if trailing_commas;
        supports_values_as_table_factor if values;
        supports_lambda_functions if lambdas;
        supports_select_wildcard_rename if wildcard_rename;
        supports_named_fn_args_with_expr_name if lambdas;
        supports_named_fn_args_with_colon_operator if lambdas;
        supports_string_literal_backslash_escape if hive;
        supports_from_first_select if hive;
        supports_select_wildcard_exclude if hive;
        supports_select_item_multi_column_alias if hive;
        supports_bang_not_operator if bang;
        supports_cross_join_constraint if always;
        supports_group_by_with_modifier if always;
        supports_cte_materialization if always;
        supports_select_expr_star if always;
    }
    pass! {
        supports_national_string_literal
        supports_literal_prefix_in_qualified_name
        ignores_wildcard_escapes
        supports_unicode_string_literal
        supports_window_clause_named_window_reference
        supports_within_after_array_aggregation
        supports_partition_by_after_order_by
        supports_array_join_syntax
        supports_drop_group
        supports_alter_user_as_alter_role
        supports_create_group
        supports_create_role_if_not_exists
        supports_left_associative_joins_without_parens
        supports_outer_join_operator
        supports_comma_join_constraint
        supports_connect_by
        supports_execute_immediate
        supports_match_recognize
        supports_in_empty_list
        supports_in_unparenthesized_expr
        supports_global_in
        supports_in_table_expression
        supports_start_transaction_modifier
        supports_end_transaction_modifier
        supports_named_fn_args_with_eq_operator
        supports_named_fn_args_with_assignment_operator
        supports_named_fn_args_with_rarrow_operator
        supports_numeric_prefix
        supports_tuple_element_access
        supports_numeric_literal_underscores
        supports_non_decimal_integer_literals
        supports_dictionary_syntax
        support_map_literal_syntax
        supports_lambda_keyword_syntax
        supports_parenthesized_set_variables
        supports_comma_separated_set_assignments
        supports_update_order_by
        supports_select_wildcard_except
        convert_type_before_value
        supports_triple_quoted_string
        supports_approximate_percentile_disc
        supports_trailing_commas
        supports_limit_comma
        supports_string_literal_concatenation
        supports_string_literal_concatenation_with_newline
        supports_column_definition_trailing_commas
        supports_object_name_double_dot_notation
        supports_struct_literal
        supports_empty_projections
        supports_from_first_insert
        supports_pipe_operator
        supports_user_host_grantee
        supports_match_against
        supports_select_exclude
        supports_create_table_multi_schema_info_sources
        supports_select_modifiers
        supports_comparison_in_between_low_bound
        describe_requires_table_keyword
        allow_extract_custom
        allow_extract_single_quotes
        supports_extract_comma_syntax
        supports_subquery_as_function_arg
        supports_create_view_comment_syntax
        supports_data_type_collation
        supports_array_typedef_without_element_type
        supports_array_element_not_null
        supports_map_value_not_null
        supports_dollar_placeholder
        supports_dollar_as_money_prefix
        supports_create_index_with_clause
        supports_sql_option_without_value
        require_interval_qualifier
        supports_explain_with_utility_options
        supports_asc_desc_in_column_definition
        supports_string_literal_column_names
        supports_factorial_operator
        supports_nested_comments
        supports_hash_comment
        supports_copy_from_stdin_data
        requires_hash_comment_space
        supports_multiline_comment_hints
        supports_unterminated_block_comments
        supports_eq_alias_assignment
        supports_try_convert
        supports_listen_notify
        supports_exclude_constraint
        supports_load_data
        supports_load_extension
        supports_top_before_distinct
        supports_boolean_literals
        supports_show_like_before_in
        supports_comment_on
        supports_create_table_select
        supports_create_proc_syntax
        supports_leading_comma_before_table_options
        supports_partiql
        supports_unpivot_expr
        supports_constraint_keyword_without_name
        supports_key_column_option
        supports_attach_partition_of
        supports_detach_partition_of
        supports_column_generic_options
        supports_table_sample_before_alias
        supports_insert_set
        supports_insert_table_function
        supports_insert_table_query
        supports_insert_format
        supports_insert_table_alias
        supports_singular_value_keyword
        supports_set_stmt_without_operator
        supports_over_keyword_as_column_alias
        supports_table_versioning
        supports_string_escape_constant
        supports_table_hints
        supports_indexed_by
        requires_single_line_comment_whitespace
        supports_array_typedef_with_brackets
        supports_geometric_types
        supports_tilde_like_match_operator
        supports_order_by_all
        supports_order_by_using_operator
        supports_set_names
        supports_space_separated_column_options
        supports_alter_column_type_using
        supports_comma_separated_drop_column_list
        supports_alter_column_position
        supports_add_column_if_not_exists
        supports_notnull_operator
        supports_is_operator
        supports_data_type_signed_suffix
        supports_data_type_zerofill_suffix
        supports_interval_options
        supports_create_table_like_parenthesized
        supports_semantic_view_table_factor
        supports_stages
        supports_quote_delimited_string
        supports_comment_optimizer_hint
        supports_double_ampersand_operator
        supports_binary_kw_as_cast
        supports_select_wildcard_replace
        supports_select_wildcard_ilike
        supports_select_wildcard_with_alias
        supports_optimize_table
        supports_install
        supports_detach
        supports_prewhere
        supports_with_fill
        supports_limit_by
        supports_interpolate
        supports_settings
        supports_table_partitions
        supports_table_inheritance_markers
        supports_select_format
        supports_comma_separated_trim
        supports_cte_without_as
        supports_xml_expressions
        supports_aliased_function_args
        supports_create_table_using
        supports_long_type_as_bigint
        supports_map_literal_with_angle_brackets
        supports_double_eq_assignment
        supports_cast_empty_data_type_to_unspecified
        supports_aggregate_order_by_with_empty_args
    }
}
