//! Functions and macros whose body is an expression or a query: what they read, their callers read. Bodies in other
//! languages stay closed.

use super::Lower;
use crate::ir::{Expr, ExprId, Exprs, StatementBody, TypeId};
use sqlparser::ast::{self, CreateFunctionBody};

impl Lower {
    pub(super) fn create_function(&mut self, function: ast::CreateFunction) -> Option<StatementBody> {
        let params = function.args.into_iter().flatten();
        let params: Vec<_> = params.filter_map(|a| Some((a.name?, Some(a.data_type)))).collect();
        let returns = match function.return_type {
            Some(ast::FunctionReturnType::DataType(ty)) => Some(self.data_type(&ty)),
            Some(ast::FunctionReturnType::SetOf(_)) | None => None,
        };
        let foreign = function.language.is_some_and(|l| !l.value.eq_ignore_ascii_case("sql"));
        let body = match function.function_body.filter(|_| !foreign) {
            Some(
                CreateFunctionBody::AsBeforeOptions { body, link_symbol: _ }
                | CreateFunctionBody::AsAfterOptions(body)
                | CreateFunctionBody::Return(body)
                | CreateFunctionBody::AsReturnExpr(body),
            ) => Some(self.expr(body)),
            Some(CreateFunctionBody::AsReturnSelect(select)) => {
                let query = self.select_query(select);
                Some(self.push(Expr::Subquery(query)))
            }
            Some(CreateFunctionBody::AsBeginEnd(_) | CreateFunctionBody::BeginAtomic(_)) | None => None,
        };
        // Without a body or a promise there is nothing that a call would be told.
        (body.is_some() || returns.is_some()).then(|| self.routine(&function.name, params, returns, body))
    }

    pub(super) fn create_macro(
        &mut self,
        name: &ast::ObjectName,
        args: Option<Vec<ast::MacroArg>>,
        definition: ast::MacroDefinition,
    ) -> StatementBody {
        let params = args.into_iter().flatten().map(|a| (a.name, None)).collect();
        let body = match definition {
            ast::MacroDefinition::Expr(body) => self.expr(body),
            ast::MacroDefinition::Table(query) => {
                let query = self.query(*query);
                // Rows, not a value: a caller in FROM takes what it finds there.
                self.push(Expr::Decides { args: Exprs::default(), query })
            }
        };
        self.routine(name, params, None, Some(body))
    }

    fn routine(
        &mut self,
        name: &ast::ObjectName,
        params: Vec<(ast::Ident, Option<ast::DataType>)>,
        returns: Option<TypeId>,
        body: Option<ExprId>,
    ) -> StatementBody {
        let name = self.name(name);
        let params = params.iter().map(|(p, ty)| (self.ident(p), ty.as_ref().map(|t| self.data_type(t)))).collect();
        StatementBody::Function { name, params, returns, body }
    }
}
