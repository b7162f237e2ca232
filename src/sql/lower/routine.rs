//! Functions and macros whose body is an expression or a query: what they read, their callers read. Bodies in other
//! languages stay closed.

use super::Lower;
use crate::ir::{Expr, ExprId, Exprs, StatementBody};
use sqlparser::ast::{self, CreateFunctionBody};

impl Lower {
    pub(super) fn create_function(&mut self, function: ast::CreateFunction) -> Option<StatementBody> {
        let params = function.args.into_iter().flatten().filter_map(|a| a.name).collect();
        let body = match function.function_body? {
            CreateFunctionBody::AsBeforeOptions { body, link_symbol: _ }
            | CreateFunctionBody::AsAfterOptions(body)
            | CreateFunctionBody::Return(body)
            | CreateFunctionBody::AsReturnExpr(body) => self.expr(body),
            CreateFunctionBody::AsReturnSelect(select) => {
                let query = self.select_query(select);
                self.push(Expr::Subquery(query))
            }
            CreateFunctionBody::AsBeginEnd(_) | CreateFunctionBody::BeginAtomic(_) => return None,
        };
        Some(self.routine(&function.name, params, body))
    }

    pub(super) fn create_macro(
        &mut self,
        name: &ast::ObjectName,
        args: Option<Vec<ast::MacroArg>>,
        definition: ast::MacroDefinition,
    ) -> StatementBody {
        let params = args.into_iter().flatten().map(|a| a.name).collect();
        let body = match definition {
            ast::MacroDefinition::Expr(body) => self.expr(body),
            ast::MacroDefinition::Table(query) => {
                let query = self.query(*query);
                // Rows, not a value: a caller in FROM takes what it finds there.
                self.push(Expr::Decides { args: Exprs::default(), query })
            }
        };
        self.routine(name, params, body)
    }

    fn routine(&mut self, name: &ast::ObjectName, params: Vec<ast::Ident>, body: ExprId) -> StatementBody {
        let name = self.name(name);
        let params: Vec<_> = params.iter().map(|p| self.ident(p)).collect();
        StatementBody::Function { name, params: self.idents(&params), body }
    }
}
