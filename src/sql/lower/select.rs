//! One SELECT: its items, stars and clauses.

use super::Lower;
use crate::ir::{
    Distinct, Expr, ExprId, Exprs, GroupBy, IdentId, Idents, Item, ItemKind, LateralView, Pos, Select, SelectId, Star,
    Window,
};
use sqlparser::ast::{self, Spanned};

impl Lower {
    pub(super) fn add_select(&mut self, select: Select) -> SelectId {
        self.arena.selects.push(select);
        SelectId(super::id(self.arena.selects.len() - 1))
    }

    /// SELECT AS VALUE STRUCT(a, b AS c): rows of the struct's members.
    fn spread_struct(&self, items: &mut Vec<Item>) {
        let [Item { kind: ItemKind::Expr { expr, .. }, pos }] = items.as_slice() else { return };
        let Expr::Struct { args, names } = self.arena.expr(*expr) else { return };
        let member = |(arg, name): (&ExprId, &Option<IdentId>)| Item {
            kind: ItemKind::Expr { expr: *arg, aliases: name.iter().copied().collect(), text: None },
            pos: *pos,
        };
        *items = self.arena.exprs(*args).iter().zip(names.iter()).map(member).collect();
    }

    pub(super) fn select(&mut self, tree: ast::Select) -> SelectId {
        let ast::Select {
            select_token,
            optimizer_hints: _,
            distinct,
            select_modifiers: _,
            top: _,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = tree;
        let pos = super::at(select_token.0.span);
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => Distinct::No,
            Some(ast::Distinct::Distinct) => Distinct::Yes,
            Some(ast::Distinct::On(list)) => Distinct::On(self.exprs(list)),
        };
        let into =
            into.filter(|_| !self.into_variables).and_then(|i| i.targets.into_iter().next()).and_then(|target| {
                match target {
                    ast::Expr::Identifier(ident) => Some(self.path(std::slice::from_ref(&ident))),
                    ast::Expr::CompoundIdentifier(parts) => Some(self.path(&parts)),
                    _ => None,
                }
            });
        let from = self.all_from(from);
        let lateral_views = lateral_views
            .into_iter()
            .map(|view| LateralView {
                call: self.expr(view.lateral_view),
                name: self.last(&view.lateral_view_name),
                columns: self.ident_list(&view.lateral_col_alias),
                outer: view.outer,
            })
            .collect();
        let mut items = self.items(projection);
        match flavor {
            ast::SelectFlavor::Standard | ast::SelectFlavor::FromFirst => {}
            ast::SelectFlavor::FromFirstNoSelect => items.push(self.plain_star(pos)),
        }
        let mut filters = Vec::new();
        filters.extend(self.option(prewhere));
        filters.extend(self.option(selection));
        for clause in connect_by {
            match clause {
                ast::ConnectByKind::ConnectBy { connect_token: _, nocycle: _, relationships } => {
                    filters.extend(relationships.into_iter().map(|e| self.expr(e)));
                }
                ast::ConnectByKind::StartWith { start_token: _, condition } => filters.push(self.expr(*condition)),
            }
        }
        let group = self.group(group_by);
        let sort = self.exprs(cluster_by.into_iter().chain(distribute_by).chain(sort_by.into_iter().map(|o| o.expr)));
        let windows = named_window
            .into_iter()
            .map(|ast::NamedWindowDefinition(name, definition)| {
                let name = self.ident(&name);
                let window = match definition {
                    ast::NamedWindowExpr::NamedWindow(base) => {
                        let base = Some(self.ident(&base));
                        self.add_window(Window { base, ..Window::default() })
                    }
                    ast::NamedWindowExpr::WindowSpec(spec) => self.window(spec),
                };
                (name, window)
            })
            .collect();
        let as_struct = match value_table_mode {
            Some(ast::ValueTableMode::AsStruct | ast::ValueTableMode::DistinctAsStruct) => true,
            Some(ast::ValueTableMode::AsValue | ast::ValueTableMode::DistinctAsValue) => {
                self.spread_struct(&mut items);
                false
            }
            None => false,
        };
        let select = Select {
            distinct,
            items,
            exclude: exclude.map_or_else(Vec::new, |e| {
                let names = self.exclude(&e);
                names.into_iter().filter_map(|n| self.arena.last(n)).collect()
            }),
            from,
            lateral_views,
            filters,
            group,
            having: self.option(having),
            qualify: self.option(qualify),
            sort,
            windows,
            into,
            as_struct,
            pos,
        };
        self.add_select(select)
    }

    fn group(&mut self, group: ast::GroupByExpr) -> GroupBy {
        let mut sets = Vec::new();
        let (all, list, modifiers) = match group {
            ast::GroupByExpr::All(modifiers) => (true, Vec::new(), modifiers),
            ast::GroupByExpr::Expressions(list, modifiers) => (false, list, modifiers),
        };
        for modifier in modifiers {
            match modifier {
                ast::GroupByWithModifier::GroupingSets(expr) => sets.push(expr),
                ast::GroupByWithModifier::Rollup
                | ast::GroupByWithModifier::Cube
                | ast::GroupByWithModifier::Totals => {}
            }
        }
        if all {
            return GroupBy::All;
        }
        let exprs: Exprs = self.exprs(list.into_iter().chain(sets));
        if exprs.is_empty() { GroupBy::None } else { GroupBy::By(exprs) }
    }

    pub(super) fn items(&mut self, list: Vec<ast::SelectItem>) -> Vec<Item> {
        list.into_iter().map(|item| self.item(item)).collect()
    }

    pub(super) fn plain_star(&mut self, pos: Pos) -> Item {
        Item { kind: ItemKind::Star { qualifier: Idents::default(), options: Star::default() }, pos }
    }

    pub(super) fn item(&mut self, item: ast::SelectItem) -> Item {
        match item {
            ast::SelectItem::UnnamedExpr(expr) => {
                let pos = expr_pos(&expr);
                let text = super::naming::text(self.dialect, &expr);
                let expr = self.expr(expr);
                Item { kind: ItemKind::Expr { expr, aliases: Vec::new(), text }, pos }
            }
            ast::SelectItem::ExprWithAlias { expr, alias } => {
                let pos = expr_pos(&expr);
                let aliases = vec![self.ident(&alias)];
                let expr = self.expr(expr);
                Item { kind: ItemKind::Expr { expr, aliases, text: None }, pos }
            }
            ast::SelectItem::ExprWithAliases { expr, aliases } => {
                let pos = expr_pos(&expr);
                let aliases = self.ident_list(&aliases);
                let expr = self.expr(expr);
                Item { kind: ItemKind::Expr { expr, aliases, text: None }, pos }
            }
            ast::SelectItem::Wildcard(options) => {
                let pos = super::at(options.wildcard_token.0.span);
                let options = self.star(options);
                Item { kind: ItemKind::Star { qualifier: Idents::default(), options }, pos }
            }
            ast::SelectItem::QualifiedWildcard(kind, options) => {
                let pos = super::at(options.wildcard_token.0.span);
                let options = self.star(options);
                let kind = match kind {
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name) => {
                        ItemKind::Star { qualifier: self.name(&name), options }
                    }
                    ast::SelectItemQualifiedWildcardKind::Expr(expr) => {
                        ItemKind::Expand { expr: self.expr(whole_row(expr)), options }
                    }
                };
                Item { kind, pos }
            }
        }
    }

    fn star(&mut self, options: ast::WildcardAdditionalOptions) -> Star {
        let mut star = Star::default();
        if let Some(exclude) = options.opt_exclude {
            star.except = self.exclude(&exclude);
        }
        if let Some(except) = options.opt_except {
            let names = std::iter::once(&except.first_element).chain(&except.additional_elements);
            star.except.extend(names.map(|name| self.path(std::slice::from_ref(name))));
        }
        for element in options.opt_replace.into_iter().flat_map(|r| r.items) {
            let name = self.ident(&element.column_name);
            let expr = self.expr(element.expr);
            star.replace.push((name, expr));
        }
        match options.opt_rename {
            None => {}
            Some(ast::RenameSelectItem::Single(one)) => {
                star.rename.push((self.ident(&one.ident), self.ident(&one.alias)));
            }
            Some(ast::RenameSelectItem::Multiple(list)) => {
                star.rename.extend(list.iter().map(|one| (self.ident(&one.ident), self.ident(&one.alias))));
            }
        }
        star.ilike = options.opt_ilike.map(|i| i.pattern.into());
        star
    }

    fn exclude(&mut self, exclude: &ast::ExcludeSelectItem) -> Vec<Idents> {
        match exclude {
            ast::ExcludeSelectItem::Single(name) => vec![self.name(name)],
            ast::ExcludeSelectItem::Multiple(names) => names.iter().map(|n| self.name(n)).collect(),
        }
    }
}

/// What `repair::rules` wrote `::whole_row` behind, because the parser reads `(c).*` in no other way.
fn whole_row(expr: ast::Expr) -> ast::Expr {
    match expr {
        ast::Expr::Cast { expr, data_type: ast::DataType::Custom(name, _), .. } if name.to_string() == "whole_row" => {
            *expr
        }
        other => other,
    }
}

/// Where an expression starts; the span of a large one would be a walk of its own.
fn expr_pos(expr: &ast::Expr) -> Pos {
    match expr {
        ast::Expr::Identifier(ident) => super::at(ident.span),
        ast::Expr::CompoundIdentifier(parts) => parts.first().map_or(Pos::default(), |p| super::at(p.span)),
        ast::Expr::Function(function) => Lower::name_pos(&function.name),
        ast::Expr::Case { case_token, .. } => super::at(case_token.0.span),
        ast::Expr::Value(value) => super::at(value.span()),
        ast::Expr::Cast { expr, .. } | ast::Expr::Nested(expr) => expr_pos(expr),
        _ => Pos::default(),
    }
}
