(* T5: Q_star - Q_pi at a prefix is beta times the sum over later tokens of the expected divergences from the
   optimal token laws, for every number of tokens to come, every vocabulary, and policies that draw some z first
   by a law of the prefix alone, whose returns count log-ratios given z.

   Without such a z, let there be one value of it ([t5_plain]). Token masses of the base policy may be zero,
   where a policy has no mass either. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Tokens.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A Z : Type}.
Variables (V : list A) (drawn : list Z).
(* The law of z at a prefix, and of the token at a prefix given z. *)
Variables (w : list A -> Z -> R) (given : list A -> Z -> A -> R).
Variables (b : list A -> A -> R) (r : list A -> R) (beta : R).

(* The mean return from a prefix on, [n] tokens to come: reward at the end less beta times the log-ratio of
   every token given what was drawn before it. *)
Fixpoint value (n : nat) (past : list A) : R :=
  match n with
  | O => r past
  | S m => mean drawn (w past) (fun z =>
             mean V (given past z) (fun a => value m (a :: past) - beta * ln (given past z a / b past a)))
  end.

(* The law of the token that forgets what was drawn first: prefixes are drawn by it. *)
Definition forgetful (past : list A) (a : A) : R := mean drawn (w past) (fun z => given past z a).

Definition drawn_kl (q : list A -> A -> R) (past : list A) : R :=
  mean drawn (w past) (fun z => kl V (given past z) (q past)).

End Definitions.

Ltac expand_values := cbv [value forgetful drawn_kl]; expand_tokens.

(* --- one token, then all that follow ----------------------------------------------------------------- *)

Section Proof.
Context {A Z : Type}.
Variables (V : list A) (drawn : list Z) (H : nat).
Variables (w : list A -> Z -> R) (given : list A -> Z -> A -> R).
Variables (b : list A -> A -> R) (r : list A -> R) (beta : R).
Hypothesis temperature : 0 < beta.
Hypothesis bases : forall past, is_law V (b past).
Hypothesis firsts : forall past, is_law drawn (w past).
Hypothesis policies : forall past z, In z drawn -> is_law V (given past z).
Hypothesis inside : forall past z, In z drawn -> w past z <> 0 -> dominated V (given past z) (b past).

Let star := token_star V H b r beta.
Let Qstar := Q V H b r beta.
Let Qpi := value V drawn w given b r beta.
Let marginal := forgetful drawn w given.

Lemma mean_of_marginal past (f : A -> R) :
  sum V (fun a => marginal past a * f a) = mean drawn (w past) (fun z => mean V (given past z) f).
Proof.
  unfold mean, marginal, forgetful, mean.
  rewrite (sum_ext V _ (fun a => sum drawn (fun z => w past z * given past z a * f a))).
  - rewrite sum_swap. apply sum_ext; intros z _. rewrite <- sum_scale. apply sum_ext; intros a _. ring.
  - intros a _. rewrite <- sum_scale_right. reflexivity.
Qed.

(* The soft value of a prefix is that of the next token's problem, whose rewards are the next soft values. *)
Lemma soft_bellman past : (length past < H)%nat ->
  Qstar past = soft_value V (b past) (fun a => Qstar (a :: past)) beta.
Proof.
  intros short. unfold Qstar at 1, Q, soft_value, partition, mean. do 2 f_equal.
  rewrite weight_step by exact short. apply sum_ext; intros a _.
  unfold Qstar. rewrite exp_Q by assumption. reflexivity.
Qed.

(* One token: what a law loses is its divergence from the optimal one, and what is lost after it. *)
Lemma one_token past p : (length past < H)%nat -> is_law V p -> dominated V p (b past) ->
  Qstar past - mean V p (fun a => Qpi (H - S (length past)) (a :: past) - beta * ln (p a / b past a))
  = beta * kl V p (star past)
    + sum V (fun a => p a * (Qstar (a :: past) - Qpi (H - S (length past)) (a :: past))).
Proof.
  intros short law supported.
  pose proof (objective_and_divergence V (b past) (fun a => Qstar (a :: past)) beta p
                temperature (bases past) law supported) as identity.
  rewrite <- soft_bellman in identity by exact short.
  unfold objective, kl at 1 in identity. fold (star past) in identity.
  change (optimal V (b past) (fun a => Qstar (a :: past)) beta) with (star past) in identity.
  replace (sum V (fun a => p a * (Qstar (a :: past) - Qpi (H - S (length past)) (a :: past))))
    with (mean V p (fun a => Qstar (a :: past)) - mean V p (fun a => Qpi (H - S (length past)) (a :: past))).
  - replace (mean V p (fun a => Qpi (H - S (length past)) (a :: past) - beta * ln (p a / b past a)))
      with (mean V p (fun a => Qpi (H - S (length past)) (a :: past))
            - beta * sum V (fun y => p y * ln (p y / b past y))).
    + lra.
    + unfold mean. rewrite <- sum_scale, <- sum_minus. apply sum_ext; intros a _. ring.
  - unfold mean. rewrite <- sum_minus. apply sum_ext; intros a _. ring.
Qed.

Lemma later_errors n past : (length past + n = H)%nat ->
  Qstar past - Qpi n past
  = beta * sum (seq 0 n) (fun h => expect V marginal h past (drawn_kl V drawn w given star)).
Proof.
  revert past; induction n as [|n IH]; intros past len.
  - simpl. unfold Qstar, Q. rewrite weight_of_response by lia. rewrite ln_exp. field. lra.
  - rewrite seq_shift_sum. simpl expect.
    assert (short : (length past < H)%nat) by lia.
    assert (left_ : (H - S (length past) = n)%nat) by lia.
    assert (rest : sum (seq 0 n) (fun h => sum V (fun a =>
                     marginal past a * expect V marginal h (a :: past) (drawn_kl V drawn w given star)))
                   = sum V (fun a => marginal past a * sum (seq 0 n) (fun h =>
                       expect V marginal h (a :: past) (drawn_kl V drawn w given star)))).
    { rewrite sum_swap. apply sum_ext; intros a _. rewrite sum_scale; reflexivity. }
    rewrite rest, Rmult_plus_distr_l, <- sum_scale.
    rewrite (sum_ext V _ (fun a => marginal past a * (Qstar (a :: past) - Qpi n (a :: past)))).
    2: { intros a _. rewrite IH by (simpl; lia). ring. }
    rewrite mean_of_marginal. unfold drawn_kl, mean. rewrite <- sum_scale, <- sum_plus.
    simpl Qpi. unfold Qpi; simpl value; fold Qpi.
    transitivity (sum drawn (fun z => w past z * Qstar past)
                  - mean drawn (w past) (fun z => mean V (given past z) (fun a =>
                      Qpi n (a :: past) - beta * ln (given past z a / b past a)))).
    { rewrite sum_scale_right, (proj2 (firsts past)). unfold Qpi. ring. }
    unfold mean at 1. rewrite <- sum_minus. apply sum_ext; intros z iz.
    destruct (Req_dec (w past z) 0) as [->|positive]; [ring|].
    pose proof (one_token past (given past z) short (policies past z iz) (inside past z iz positive)) as one.
    rewrite left_ in one. rewrite <- Rmult_minus_distr_l, one. ring.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Theorem t5 {A Z : Type} (V : list A) (drawn : list Z) (H : nat)
    (w : list A -> Z -> R) (given : list A -> Z -> A -> R)
    (b : list A -> A -> R) (r : list A -> R) (beta : R) :
  0 < beta ->
  (forall past, is_law V (b past)) -> (forall past, is_law drawn (w past)) ->
  (forall past z, In z drawn -> is_law V (given past z)) ->
  (forall past z, In z drawn -> w past z <> 0 -> dominated V (given past z) (b past)) ->
  forall n past, (length past + n = H)%nat ->
  Q V H b r beta past - value V drawn w given b r beta n past
  = beta * sum (seq 0 n) (fun h => expect V (forgetful drawn w given) h past
             (fun later => mean drawn (w later)
                             (fun z => kl V (given later z) (token_star V H b r beta later)))).
Proof.
  intros temperature bases firsts policies inside n past len.
  exact (later_errors V drawn H w given b r beta temperature bases firsts policies inside n past len).
Qed.

(* Nothing drawn first. *)
Corollary t5_plain {A : Type} (V : list A) (H : nat) (b pi : list A -> A -> R) (r : list A -> R) (beta : R) :
  0 < beta ->
  (forall past, is_law V (b past)) -> (forall past, is_law V (pi past)) ->
  (forall past, dominated V (pi past) (b past)) ->
  forall n past, (length past + n = H)%nat ->
  Q V H b r beta past - value V [tt] (fun _ _ => 1) (fun past _ => pi past) b r beta n past
  = beta * later_kl V pi (token_star V H b r beta) n past.
Proof.
  intros temperature bases policies inside n past len.
  assert (one : forall past : list A, is_law [tt] (fun _ => 1)).
  { intros _; split; [intros z _; lra|simpl; ring]. }
  rewrite (t5 V [tt] H (fun _ _ => 1) (fun past _ => pi past) b r beta) by auto.
  f_equal. unfold later_kl. apply sum_ext; intros h _.
  clear len. revert past; induction h as [|h IH]; intros past; simpl.
  - unfold mean; simpl; ring.
  - apply sum_ext; intros a _. unfold forgetful at 1, mean at 1; simpl. rewrite IH. ring.
Qed.

(* --- false variants: two tokens, two layers, two values drawn first ---------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition even (past : list nat) := table [1 / 2; 1 / 2].
Definition weights (past : list nat) := table [1 / 3; 2 / 3].
Definition played (past : list nat) (z : nat) :=
  match z with O => table [1 / 5; 4 / 5] | _ => table [9 / 10; 1 / 10] end.
Definition paid (y : list nat) : R := match y with [O; O] => 2 | [1%nat; 1%nat] => 1 | _ => 0 end.

Ltac numbers := cbv [even weights played paid]; expand_values.
Ltac differ := (apply Rlt_not_eq; numbers; bounds) || (apply Rgt_not_eq; numbers; bounds).

(* The claim at the empty prefix, with another value of the policy, or another right-hand side. *)
Definition always
    (worth : list nat -> list nat -> (list nat -> nat -> R) -> (list nat -> nat -> nat -> R) ->
             (list nat -> nat -> R) -> (list nat -> R) -> R -> nat -> R)
    (right_hand : list nat -> list nat -> (list nat -> nat -> R) -> (list nat -> nat -> nat -> R) ->
                  (list nat -> nat -> R) -> R -> nat -> R) : Prop :=
  forall V drawn H w given b r beta, 0 < beta ->
  (forall past, is_law V (b past)) -> (forall past, is_law drawn (w past)) ->
  (forall past z, In z drawn -> is_law V (given past z)) ->
  (forall past z, In z drawn -> w past z <> 0 -> dominated V (given past z) (b past)) ->
  Q V H b r beta [] - worth V drawn w given b r beta H
  = right_hand V drawn w given (token_star V H b r beta) beta H.

Definition true_worth V drawn w given b r beta n := value (A := nat) (Z := nat) V drawn w given b r beta n [].
Definition true_sum V drawn w given q (beta : R) n :=
  beta * sum (seq 0 n) (fun h => expect V (forgetful (A := nat) (Z := nat) drawn w given) h []
                                        (drawn_kl V drawn w given q)).

Lemma refuted_by_example worth right_hand :
  Q [0; 1]%nat 2 even paid (1 / 2) [] - worth [0; 1]%nat [0; 1]%nat weights played even paid (1 / 2) 2%nat
  <> right_hand [0; 1]%nat [0; 1]%nat weights played (token_star [0; 1]%nat 2 even paid (1 / 2)) (1 / 2) 2%nat ->
  ~ always worth right_hand.
Proof.
  intros other says. apply other, says; [lra|..]; intros past; cbv [even weights].
  - law_of_numbers.
  - law_of_numbers.
  - intros [|z] _; cbv [played]; law_of_numbers.
  - intros z _ _; each_listed.
Qed.

(* Returns that count the log-ratio of the law that forgets what was drawn first. *)
Theorem not_marginal_log_ratio : ~ always
  (fun V drawn w given b r beta n => value V [tt] (fun _ _ => 1) (fun past _ => forgetful drawn w given past) b r beta n [])
  true_sum.
Proof. cbv [true_sum]. apply refuted_by_example. differ. Qed.

(* KL(pi_star || pi) in place of KL(pi || pi_star). *)
Theorem not_reversed : ~ always true_worth (fun V drawn w given q beta n =>
  beta * sum (seq 0 n) (fun h => expect V (forgetful drawn w given) h []
           (fun past => mean drawn (w past) (fun z => kl V (q past) (given past z))))).
Proof. cbv [true_worth]. apply refuted_by_example. differ. Qed.

(* Every divergence counts twice. *)
Theorem not_twice : ~ always true_worth (fun V drawn w given q beta n => 2 * true_sum V drawn w given q beta n).
Proof. cbv [true_worth true_sum]. apply refuted_by_example. differ. Qed.

(* Only the next layer counts. *)
Theorem not_next_layer_only : ~ always true_worth (fun V drawn w given q beta n =>
  beta * drawn_kl V drawn w given q []).
Proof. cbv [true_worth]. apply refuted_by_example. differ. Qed.
